"""`jieban demo`: the demo county."""

import asyncio
from importlib import import_module
from importlib.util import find_spec

import typer

from jieban.errors import UserError
from jieban.services import ServiceName, database_url
from jieban.settings import is_set, read_settings


def demo() -> None:
    """Load the demo county; again changes nothing.

    Into dispatch's database go 15 communities, grids and teams and 42 posts, into the ledger's the activities of a
    year: each where the service is installed and its database is named. 'jieban up' does both by itself. With Docker:

    [bold]docker compose exec dispatch jieban demo[/bold]

    [bold]docker compose exec ledger jieban demo[/bold]
    """
    settings = read_settings()
    loads = {
        ServiceName.DISPATCH: lambda load, url: load(url, settings.tenant),
        ServiceName.LEDGER: lambda load, url: load(url, settings.tenant, settings.timezone),
    }
    here = [name for name in loads if find_spec(name.package) and is_set(settings, f"{name}_database_url")]
    if not here:
        raise UserError("Neither dispatch nor the ledger is installed here with its database named.")
    for name in here:
        asyncio.run(loads[name](import_module(f"{name.package}.demo").load, database_url(settings, name)))
        typer.echo(f"The demo county {settings.tenant} is loaded into {name}.")
