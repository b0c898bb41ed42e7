"""The README's tour, as it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e.county import County

README = Path(__file__).parents[2] / "README.md"


def test_the_tour_works_line_by_line(county: County, tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    tour = text[text.index("## Five-minute tour") : text.index("The API is documented at")]
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", tour, re.DOTALL))
    assert "http://127.0.0.1:8000" in lines
    assert ".venv/bin/jieban" in lines
    script = "set -e\n" + lines.replace("http://127.0.0.1:8000", county.url).replace(
        ".venv/bin/jieban", f'"{sys.executable}" -m jieban'
    )
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout
    assert '"status": "closed"' in done.stdout
    assert '"satisfaction": "satisfied"' in done.stdout
    assert re.search(r"created +│ 1 ", done.stdout)
    assert "Everything has arrived" in done.stdout
