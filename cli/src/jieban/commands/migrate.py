"""`jieban migrate`: the database schemas of the services."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from jieban.embedded.datadir import DataDir
from jieban.embedded.stack import Stack
from jieban.schemas import Targets, check_all, migrate_all, newer_schema
from jieban.services import ALL_SERVICES, ServiceName, targets
from jieban.settings import read_settings, with_addresses
from jieban.signals import run_until_signalled


def migrate(
    services: Annotated[
        list[ServiceName] | None, typer.Argument(help="The services whose databases to migrate. [default: all]")
    ] = None,
    only_check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if migrations are pending or differ from the code.")
    ] = False,
    scratch: Annotated[
        bool, typer.Option("--scratch", help="Migrate and check a new PostgreSQL that is thrown away, not yours.")
    ] = False,
) -> None:
    """Bring each service's database to the newest schema. Several at once wait for one another.

    A schema that a newer release has made stays as it is.

    [bold]jieban migrate[/bold]                  all three, at the addresses in JIEBAN_*_DATABASE_URL

    [bold]jieban migrate intake --check[/bold]   is anything pending?

    [bold]jieban migrate --scratch[/bold]        do the migrations make the tables that the code expects?
    """
    names = tuple(services or ALL_SERVICES)
    if scratch:
        run_until_signalled(_on_scratch(names))
        return
    wanted = targets(read_settings(), names)
    if only_check:
        _check(wanted)
    else:
        _migrate(wanted)


def _migrate(wanted: Targets) -> None:
    for name, state in migrate_all(wanted).items():
        if state.newer:
            typer.echo(newer_schema(name, state))
        else:
            count = len(state.pending)
            typer.echo(f"{name}: {count} migrations applied" if count else f"{name}: nothing to do")


def _check(wanted: Targets) -> None:
    check_all(wanted)
    for name in wanted:
        typer.echo(f"{name}: schema and code agree")


async def _on_scratch(names: Sequence[ServiceName]) -> None:
    with tempfile.TemporaryDirectory(prefix="jieban-") as place:
        directory = DataDir.open(Path(place))
        async with Stack(directory, databases=tuple(names), kafka=False) as stack:
            wanted = targets(with_addresses(read_settings(), stack.environment(), directory), names)
            await asyncio.to_thread(_migrate, wanted)
            await asyncio.to_thread(_check, wanted)
