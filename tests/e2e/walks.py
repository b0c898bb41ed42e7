"""Walks through documents, typed as they are printed."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from contracts.roles import Role
from e2e.county import County
from e2e.people import TENANT
from runtime.auth import issue_token

ROOT = Path(__file__).parents[2]
_HELPERS = """
set -e
URL=http://127.0.0.1:8000
JSON='Content-Type: application/json'
as() { echo "Authorization: Bearer $(cat "$JIEBAN_DATA_DIR/tokens/$1")"; }
"""
"""As the tour has them, but for tokens: they are made beforehand, since starting a program for each takes seconds."""


def section(document: str, title: str) -> str:
    """Return the lines of shell in a section of a document, with what the tour defines before them."""
    text = (ROOT / document).read_text("utf-8")
    _, _, rest = text.partition(f"\n## {title}\n")
    assert rest, f"{document} has no section {title}"
    return _HELPERS + "\n".join(re.findall(r"```sh\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL))


def walk(script: str, county: County, directory: Path) -> str:
    """Run a script in the county and return what it printed."""
    _make_tokens(county.directory)
    script = script.replace("http://127.0.0.1:8000", county.url)
    script = script.replace(".venv/bin/jieban", f'"{sys.executable}" -m jieban')
    environment = {**os.environ, "JIEBAN_DATA_DIR": str(county.directory), "JIEBAN_URL": county.url}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout, done.stdout
    return done.stdout


def _make_tokens(directory: Path) -> None:
    secret = (directory / "secrets" / "token-secret").read_text().strip()
    (directory / "tokens").mkdir(exist_ok=True)
    for role in Role:
        token = issue_token(secret, f"{role}-demo", TENANT, [role], timedelta(hours=1))
        (directory / "tokens" / role).write_text(token)
