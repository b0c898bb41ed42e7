"""The walk of docs/attachments.md, as it is printed; only its tokens are made beforehand."""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

from e2e.county import County
from e2e.people import TENANT
from runtime.auth import issue_token

DOCS = Path(__file__).parents[2] / "docs" / "attachments.md"
BEFORE = """
set -e
JSON='Content-Type: application/json'
as() { printenv "$1"; }
"""


def test_the_walk_works_line_by_line(county: County, tmp_path: Path) -> None:
    walk = "\n".join(re.findall(r"```sh\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL))
    secret = (county.directory / "secrets" / "token-secret").read_text().strip()
    tokens = {
        role: f"Authorization: Bearer {issue_token(secret, f'{role}-demo', TENANT, [role], timedelta(hours=1))}"
        for role in ("citizen", "officer")
    }
    environment = {**os.environ, **tokens, "URL": county.url}
    script = BEFORE + walk
    done = subprocess.run(["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "urn:jieban:problem" not in done.stdout
    assert '"offset":1000,"size":3006' in done.stdout
    assert '"media_type":"audio/amr"' in done.stdout
    assert (tmp_path / "served.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "thumbnail.jpg").read_bytes().startswith(b"\xff\xd8")
    assert list((county.directory / "attachments" / "blobs").rglob("*"))
