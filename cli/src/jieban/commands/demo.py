"""`jieban demo`: the demo county."""

import asyncio

import typer

from dispatch_service.demo import load
from jieban.services import ServiceName, database_url
from jieban.settings import read_settings


def demo() -> None:
    """Load the demo county into dispatch's database: 15 communities, grids and teams, 42 posts; again changes nothing.

    'jieban up' does it by itself. With Docker:

    [bold]docker compose exec dispatch jieban demo[/bold]
    """
    settings = read_settings()
    asyncio.run(load(database_url(settings, ServiceName.DISPATCH), settings.tenant))
    typer.echo(f"The demo county {settings.tenant} is loaded.")
