"""`jieban parked`: messages that a service could not apply."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from contracts.roles import Role
from jieban.commands.options import DataDirOption
from jieban.errors import UserError
from jieban.rest import DEFAULT_URL, TokenOption, UrlOption, bearer, call
from jieban.services import ALL_SERVICES, ServiceName

parked = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Messages that a service could not apply: list, show, release in order, discard.

A parked message keeps the later ones of the same complaint waiting behind it. Mend the cause, then release: all that
wait are applied in order, through the same code. Discard gives up on one message for good.

[bold]jieban parked list[/bold]

[bold]jieban parked show ledger 17[/bold]

[bold]jieban parked release ledger 17[/bold]

[bold]jieban parked release ledger --all[/bold]
""",
)
Service = Annotated[ServiceName, typer.Argument(help="The service that parked it.")]
MessageId = Annotated[int, typer.Argument(min=1, help="The message's id, from 'jieban parked list'.")]


@parked.command("list")
def list_(
    service: Annotated[ServiceName | None, typer.Argument(help="One service. [default: all three]")] = None,
    state: Annotated[str, typer.Option(help="parked, released, discarded or all.")] = "parked",
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List parked messages, oldest first."""
    table = Table("service", "id", "parked at", "complaint", "attempts", "state", "error")
    with _client(url, token, data_dir) as client:
        for name in [service] if service else ALL_SERVICES:
            for item in _parked(client, name, state):
                cells = [item[key] for key in ("id", "parked_at", "key", "attempts", "state")]
                table.add_row(name, *map(str, cells), f"{item['error_class']}: {item['error']}")
    Console().print(table)


@parked.command()
def show(
    service: Service,
    message: MessageId,
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show one message whole: headers, value and error. It may hold what a reporter wrote."""
    with _client(url, token, data_dir) as client:
        found = call(client, "GET", f"/{service}/v1/parked/{message}").json()
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@parked.command()
def release(
    service: Service,
    message: Annotated[int | None, typer.Argument(min=1, help="The message's id; or --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All complaints that have parked messages.")] = False,
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Apply the message and all of its complaint, oldest first; stops at the first that still fails.

    With --all, every complaint in turn; exit code 1 where something stays parked.
    """
    if everything == (message is not None):
        raise UserError("Name one message, or give --all.")
    released, refusals = 0, []
    with _client(url, token, data_dir) as client:
        first_ids = [message] if message else _first_of_each(client, service)
        for first in first_ids:
            try:
                released += call(client, "POST", f"/{service}/v1/parked/{first}/release").json()["released"]
            except UserError as error:
                refusals.append(str(error))
    typer.echo(f"released {released}")
    if refusals:
        raise UserError(f"{len(refusals)} of {len(first_ids)} complaints stay parked. The first: {refusals[0]}")


def _first_of_each(client: httpx.Client, service: ServiceName) -> list[int]:
    """Return the id of the oldest parked message of each complaint."""
    first: dict[str, int] = {}
    for item in _parked(client, service, "parked"):
        first.setdefault(item["key"], item["id"])
    return list(first.values())


def _parked(client: httpx.Client, service: ServiceName, state: str) -> Iterator[dict[str, Any]]:
    path: str | None = f"/{service}/v1/parked?state={state}&limit=200"
    while path:
        page = call(client, "GET", path)
        yield from page.json()["items"]
        path = page.links.get("next", {}).get("url")


@parked.command()
def discard(
    service: Service,
    message: MessageId,
    reason: Annotated[str, typer.Option(help="Why; kept with the message.", prompt=True)],
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Give up on one message for good; those behind it can then be released."""
    with _client(url, token, data_dir) as client:
        call(client, "POST", f"/{service}/v1/parked/{message}/discard", json={"reason": reason})
    typer.echo("discarded")


def _client(url: str, token: str | None, data_dir: Path | None) -> httpx.Client:
    return httpx.Client(base_url=url, headers=dict(bearer(token, Role.ADMIN, data_dir)), timeout=30.0)
