"""`jieban token`: tokens of the local issuer."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from contracts.roles import Role
from jieban.commands.options import DataDirOption
from jieban.settings import read_settings, signing_secret
from runtime.auth import issue_token

_DURATION = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `12h` or `30d`; ValueError for anything else and for nothing."""
    found = _DURATION.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise ValueError("write it like 15m, 12h or 30d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def duration_option(text: str) -> timedelta:
    """Read a duration as an option of a command."""
    try:
        return duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def token(
    role: Annotated[list[Role], typer.Option(help="What the caller may do; repeat it for several roles.")],
    tenant: Annotated[str | None, typer.Option(help="County of the caller. [default: JIEBAN_TENANT or 522723]")] = None,
    subject: Annotated[str | None, typer.Option(help="Who the caller is. [default: ROLE-demo]")] = None,
    ttl: Annotated[
        timedelta,
        typer.Option(parser=duration_option, metavar="DURATION", help="How long it is valid: 15m, 12h, 30d."),
    ] = "12h",  # type: ignore[assignment] # typer parses the default as it does an argument
    data_dir: DataDirOption = None,
) -> None:
    """Print a token for the API, signed with JIEBAN_TOKEN_SECRET or the key of the data directory.

    [bold]curl -H "Authorization: Bearer $(jieban token --role officer)" http://127.0.0.1:8000/dispatch/v1/cases[/bold]

    [bold]jieban token --role operator --role dispatcher --subject wang.li --ttl 15m[/bold]
    """
    settings = read_settings(data_dir=data_dir, tenant=tenant)
    caller = subject or f"{role[0]}-demo"
    typer.echo(issue_token(signing_secret(settings), caller, settings.tenant, role, ttl))
