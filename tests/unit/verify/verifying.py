"""Runs `jieban verify` in this process."""

from pathlib import Path

from typer.testing import CliRunner

from jieban.errors import UserError
from jieban.main import cli


def verified(export: Path, *options: str) -> tuple[int, str]:
    """Return the exit code of `jieban verify` and what it says; fails where it ends with a traceback."""
    result = CliRunner().invoke(cli, ["verify", str(export), *options], env={"COLUMNS": "200"})
    if isinstance(result.exception, UserError):
        return result.exception.code, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output
