"""The officer's walk of docs/field-work.md, as it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e.county import County

ROOT = Path(__file__).parents[2]


def test_the_walk_works_line_by_line(county: County, tmp_path: Path) -> None:
    tour = (ROOT / "README.md").read_text("utf-8")
    setup = re.findall(r"```sh\n(URL=.*?)```", tour, re.DOTALL)[0]
    walk = "\n".join(re.findall(r"```sh\n(.*?)```", (ROOT / "docs/field-work.md").read_text("utf-8"), re.DOTALL))
    lines = setup.replace("http://127.0.0.1:8000", county.url).replace(
        ".venv/bin/jieban", f'"{sys.executable}" -m jieban'
    )
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{lines}\n{walk}"], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout, done.stdout
    assert done.stdout.count('"outcome":"done"') == 4
    assert done.stdout.count('"repeated":true') == 2
    assert re.search(r'"gone":\["[0-9a-f-]{36}"', done.stdout)
    assert '"done":1,"refused":0' in done.stdout
