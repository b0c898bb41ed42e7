"""`jieban demo`: the demo county."""

import asyncio
from importlib import import_module

import typer

from jieban.errors import UserError
from jieban.services import ServiceName, database_url
from jieban.settings import read_settings


def demo() -> None:
    """Load the demo county into dispatch's database: 15 communities, grids and teams, 42 posts; again changes nothing.

    'jieban up' does it by itself. With Docker:

    [bold]docker compose exec dispatch jieban demo[/bold]
    """
    settings = read_settings()
    url = database_url(settings, ServiceName.DISPATCH)
    try:
        county = import_module("dispatch_service.demo")
    except ModuleNotFoundError as error:
        raise UserError("Dispatch is not installed here: run this where it is.") from error
    asyncio.run(county.load(url, settings.tenant))
    typer.echo(f"The demo county {settings.tenant} is loaded.")
