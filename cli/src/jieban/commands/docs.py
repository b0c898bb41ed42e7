"""`jieban docs`: the documents that are generated from code."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import SecretStr

from contracts.asyncapi import document
from contracts.topics import TOPICS
from jieban.composition import build
from jieban.errors import UserError
from jieban.services import ALL_SERVICES
from runtime.settings import RuntimeSettings

_NOWHERE = "postgresql://nobody@127.0.0.1:1/none"  # composing a service connects to nothing
_KEY = SecretStr("generating documents signs no token, but a verifier needs a key")


def docs(
    directory: Annotated[Path, typer.Option(help="Where the documents are.")] = Path("docs"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail where a document has drifted.")] = False,
) -> None:
    """Write asyncapi.yaml and openapi/*.json from the code, or check that they are what the code says.

    [bold]Examples[/bold]

      jieban docs

      jieban docs --check
    """
    drifted = [path for path, text in _documents(directory).items() if not _settle(path, text, check=check)]
    if drifted:
        names = ", ".join(map(str, drifted))
        raise UserError(f"These documents have drifted from the code; run 'jieban docs': {names}.")


def _documents(directory: Path) -> Mapping[Path, str]:
    events = document(TOPICS, "1.0.0")
    documents = {directory / "asyncapi.yaml": yaml.safe_dump(events, allow_unicode=True, sort_keys=False, width=120)}
    settings = RuntimeSettings(
        intake_database_url=_NOWHERE, dispatch_database_url=_NOWHERE, ledger_database_url=_NOWHERE, token_secret=_KEY
    )
    for service in build(ALL_SERVICES, settings):
        documents[directory / "openapi" / f"{service.name}.json"] = _json(service.app.openapi())
    return documents


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _settle(path: Path, text: str, *, check: bool) -> bool:
    """Write the document, or compare it; the first lines of a difference are shown."""
    present = path.read_text("utf-8") if path.exists() else ""
    if present == text:
        return True
    if check:
        lines = difflib.unified_diff(present.splitlines(), text.splitlines(), str(path), "the code", lineterm="", n=1)
        typer.echo("\n".join(list(lines)[:20]), err=True)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    typer.echo(f"wrote {path}")
    return True
