"""Examples run as they are printed in the documents, line by line, against a county."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from contracts.roles import Role
from e2e.county import County
from e2e.people import TENANT
from runtime.auth import issue_token

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_HOUR = timedelta(hours=1)
_URL, _COMMAND = "http://127.0.0.1:8000", ".venv/bin/jieban"


def examples(text: str) -> str:
    """Return the shell lines of a document, or of a part of it."""
    return "\n".join(_BLOCK.findall(text))


def section(document: str, title: str) -> str:
    """Return the shell lines of a section of a document, which is named by its path."""
    _, _, rest = (ROOT / document).read_text("utf-8").partition(f"\n## {title}\n")
    assert rest, f"{document} has no section {title}"
    return examples(rest.partition("\n## ")[0])


def prelude(county: County) -> str:
    """Return what documents take from the tour, `URL`, `JSON` and `as`, with tokens that are made already."""
    secret = (county.directory / "secrets" / "token-secret").read_text().strip()
    cases = [
        f'{role}) echo "Authorization: Bearer {issue_token(secret, f"{role}-demo", TENANT, [role], _HOUR)}";;'
        for role in Role
    ]
    return "\n".join(
        [f"URL={_URL}", "JSON='Content-Type: application/json'", f"as() {{ case $1 in {' '.join(cases)} esac; }}\n"]
    )


def run(county: County, lines: str, directory: Path) -> str:
    """Run the lines in `directory` and return what they print; the first that fails fails the test.

    So does a problem that the county answers.
    """
    script = "set -e\n" + lines.replace(_URL, county.url).replace(_COMMAND, f'"{sys.executable}" -m jieban')
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout, done.stdout
    return done.stdout


def documents(printed: str) -> Iterator[Any]:
    """Yield the JSON answers among what was printed."""
    decoder, place = json.JSONDecoder(), printed.find("{")
    while place >= 0:
        answer, end = decoder.raw_decode(printed, place)
        yield answer
        place = printed.find("{", end)
