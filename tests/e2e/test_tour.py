"""The README's tour and the walks of the documents, as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e.county import County

ROOT = Path(__file__).parents[2]


def run(text: str, county: County, directory: Path) -> str:
    """Run the commands of a text, as one script, and return what they print."""
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    assert "http://127.0.0.1:8000" in lines
    assert ".venv/bin/jieban" in lines
    script = "set -e\n" + lines.replace("http://127.0.0.1:8000", county.url).replace(
        ".venv/bin/jieban", f'"{sys.executable}" -m jieban'
    )
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout
    return done.stdout


def test_the_tour_works_line_by_line(county: County, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    printed = run(text[text.index("## Five-minute tour") : text.index("The API is documented at")], county, tmp_path)
    assert '"status": "closed"' in printed
    assert '"satisfaction": "satisfied"' in printed
    assert re.search(r"created +│ 1 ", printed)
    assert "Everything has arrived" in printed


def test_the_walks_of_a_dispatcher_and_an_officer_work_line_by_line(county: County, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "cases.md").read_text("utf-8")
    printed = run(text[text.index("## A dispatcher's walk") :], county, tmp_path)
    assert '"rule":"conference"' in printed
    assert '"state":"answered"' in printed
    assert printed.rstrip().endswith("}")
    assert '"status":"resolved"' in printed.rpartition('{"complaint_id"')[2]
