"""`jieban parked`: messages that a service could not apply."""

import json
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from contracts.roles import Role
from jieban.commands.options import DataDirOption
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
            path: str | None = f"/{name}/v1/parked?state={state}&limit=200"
            while path:
                page = call(client, "GET", path)
                for item in page.json()["items"]:
                    cells = [item[key] for key in ("id", "parked_at", "key", "attempts", "state")]
                    table.add_row(name, *map(str, cells), f"{item['error_class']}: {item['error']}")
                path = page.links.get("next", {}).get("url")
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
    message: MessageId,
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Apply the message and all that wait behind it, oldest first; stops at the first that still fails."""
    with _client(url, token, data_dir) as client:
        result = call(client, "POST", f"/{service}/v1/parked/{message}/release").json()
    typer.echo(f"released {result['released']}")


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
