"""Walks through documents, typed as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e.county import County

ROOT = Path(__file__).parents[2]
_HELPERS = """
set -e
URL=http://127.0.0.1:8000
JSON='Content-Type: application/json'
as() { echo "Authorization: Bearer $(.venv/bin/jieban token --role "$1")"; }
"""


def section(document: str, title: str) -> str:
    """Return the lines of shell in a section of a document, with what the tour defines before them."""
    text = (ROOT / document).read_text("utf-8")
    _, _, rest = text.partition(f"\n## {title}\n")
    assert rest, f"{document} has no section {title}"
    return _HELPERS + "\n".join(re.findall(r"```sh\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL))


def walk(script: str, county: County, directory: Path) -> str:
    """Run a script in the county and return what it printed."""
    script = script.replace("http://127.0.0.1:8000", county.url)
    script = script.replace(".venv/bin/jieban", f'"{sys.executable}" -m jieban')
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout, done.stdout
    return done.stdout
