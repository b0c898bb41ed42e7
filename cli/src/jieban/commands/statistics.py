"""`jieban statistics`: the ledger's figures, counted again from its entries."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.progress import MofNCompleteColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from jieban.commands.bars import with_bar
from jieban.services import ServiceName
from jieban.settings import read_settings
from ledger_service.domain.cubes import Cube
from ledger_service.domain.tally import name_of
from ledger_service.service.rebuilding import Told, rebuild
from ledger_service.service.recounting import Difference, Recount, recount_all

statistics = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""The ledger's figures: whether they are what its complaints come to, and how they are made anew.

Both work on the ledger's database (JIEBAN_LEDGER_DATABASE_URL) while the services run.
""",
)
_SHOWN = 20
_Result = TypeVar("_Result")


@statistics.command("rebuild")
def rebuild_() -> None:
    """Make all roll-ups and details anew, of the entries, as of the days on which these were recorded.

    Readers have the old ones until the new ones are there, all at once; if it is broken off, the old ones stay. What
    is entered meanwhile is added afterwards. About ten minutes of one processor for five million entries.

    What was done about complaints whose texts were erased (transfers, orders, contributions), entries do not tell any
    more: it is in the figures no longer.
    """
    made = _with_bar("Counting", lambda engine, zone, told: rebuild(engine, zone, told=told, wait=True))
    assert made is not None  # noqa: S101 - it has waited
    typer.echo(f"The figures of {made.complaints:,} complaints are made anew.")
    if made.untold:
        typer.echo(f"They lack what was done about {made.untold:,} of them, whose texts were erased.")


@statistics.command()
def check(
    tenant: Annotated[str | None, typer.Option(help="Whose; by default JIEBAN_TENANT's.")] = None,
) -> None:
    """Count all that the figures hold again, from each complaint and its entries, and say what differs.

    What was done about complaints whose texts were erased (transfers, orders, contributions), entries do not tell any
    more: of that, figures may hold more. It takes about as long as [bold]jieban statistics rebuild[/bold], which is
    what to do where it ends with 1: something differs.
    """
    whose = tenant or read_settings().tenant
    recount: Recount = _with_bar("Counting", lambda engine, zone, told: recount_all(engine, whose, zone, told=told))
    for each in recount.differences[:_SHOWN]:
        typer.echo(_shown(each))
    if recount.untold:
        typer.echo(f"What was done about {recount.untold:,} of them, whose texts were erased, cannot be counted again.")
    if recount.differences:
        typer.echo(f"{len(recount.differences):,} figures are not what {recount.complaints:,} complaints come to.")
        raise typer.Exit(1)
    typer.echo(f"The figures are what {recount.complaints:,} complaints come to.")


def _with_bar(title: str, work: Callable[[AsyncEngine, str, Told], Awaitable[_Result]]) -> _Result:
    zone = read_settings().timezone
    return with_bar(title, ServiceName.LEDGER, MofNCompleteColumn(), lambda engine, told: work(engine, zone, told))


def _shown(each: Difference) -> str:
    cube, key = Cube(each.cube).name.lower(), ", ".join(code or "-" for code in each.key)
    return f"{cube} [{key}] {name_of(each.counter)}: {each.found:,} instead of {each.expected:,}"
