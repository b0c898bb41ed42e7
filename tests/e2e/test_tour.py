"""The README's tour, as it is printed."""

import re
from pathlib import Path

from e2e.county import County
from e2e.walks import ROOT, walk

README = ROOT / "README.md"


def test_the_tour_works_line_by_line(county: County, tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    tour = text[text.index("## Five-minute tour") : text.index("The API is documented at")]
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", tour, re.DOTALL))
    assert "http://127.0.0.1:8000" in lines
    assert ".venv/bin/jieban" in lines
    printed = walk("set -e\n" + lines, county, tmp_path)
    assert '"status": "closed"' in printed
    assert '"satisfaction": "satisfied"' in printed
    assert re.search(r"created +│ 1 ", printed)
    assert "Everything has arrived" in printed
