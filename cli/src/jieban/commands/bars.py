"""A bar that shows how far a command has come with a service's database."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from jieban.services import ServiceName, database_url
from jieban.settings import read_settings
from runtime import lifecycle
from runtime.database import create_engine

Told = Callable[[int, int], None]
"""Told how much is done, and of how much."""
_Result = TypeVar("_Result")


def with_bar(
    title: str, service: ServiceName, amount: ProgressColumn, work: Callable[[AsyncEngine, Told], Awaitable[_Result]]
) -> _Result:
    """Return what `work` on the service's database returns; `amount` shows what it tells, on standard error."""
    settings = read_settings()
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)

        async def run() -> _Result:
            engine = create_engine(database_url(settings, service), application_name=f"jieban {title.lower()}")
            try:
                return await work(engine, lambda done, total: bar.update(task, completed=done, total=total))
            finally:
                await engine.dispose()

        return lifecycle.run(run())
