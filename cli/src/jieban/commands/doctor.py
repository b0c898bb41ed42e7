"""`jieban doctor`: whether everything has arrived."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import typer
from rich.console import Console

from contracts.roles import Role
from jieban.commands.options import DataDirOption
from jieban.commands.token import duration_option
from jieban.doctor.asking import Period, Source
from jieban.doctor.report import Report, examine
from jieban.doctor.showing import as_json, show
from jieban.errors import UserError
from jieban.rest import DEFAULT_URL, AtOption, TokenOption, UrlOption, bearer, service_url
from jieban.services import ALL_SERVICES, ServiceName

DIFFERENCES, NOT_ASKED = 1, 2


def doctor(
    since: Annotated[
        timedelta, typer.Option(parser=duration_option, metavar="DURATION", help="How far back: 15m, 24h, 7d.")
    ] = "24h",  # type: ignore[assignment] # typer parses the default as it does an argument
    settle: Annotated[
        float, typer.Option(min=0, help="Leave out the last seconds: what is on its way is not missing.")
    ] = 10.0,
    top: Annotated[int, typer.Option(min=0, help="How many missing events to list.")] = 20,
    as_json_: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON, with every missing event.")
    ] = False,
    url: UrlOption = DEFAULT_URL,
    at: AtOption = None,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Compare what each service published with what the others applied, and say what is missing where.

    Asks all three services over REST, as an administrator: their outboxes (which keep events for a week after they
    were published), what they applied, parked messages, schemas, consumers, the topic. Changes nothing.

    Exit code 0: all is well. 1: something is missing or wrong. 2: a service could not be asked.

    [bold]jieban doctor[/bold]                      the last day

    [bold]jieban doctor --since 7d --json[/bold]    all that can be compared, for a machine

    [bold]jieban doctor --at intake=http://10.0.0.1:8000 --at dispatch=… --at ledger=…[/bold]   without a gateway
    """
    end = datetime.now(UTC) - timedelta(seconds=settle)
    try:
        report = _examine(
            Period(end - since, end),
            {name: service_url(name, url, at) for name in ALL_SERVICES},
            bearer(token, Role.ADMIN, data_dir),
        )
    except UserError as error:
        typer.echo(f"jieban: {error}", err=True)
        raise typer.Exit(NOT_ASKED) from error
    if as_json_:
        typer.echo(json.dumps(as_json(report), ensure_ascii=False, indent=2))
    else:
        show(Console(), report, top)
    raise typer.Exit(0 if report.is_clean else DIFFERENCES)


def _examine(period: Period, addresses: Mapping[ServiceName, str], headers: Mapping[str, str]) -> Report:
    with ExitStack() as stack:
        sources = {
            name: Source(name, stack.enter_context(httpx.Client(base_url=base, headers=dict(headers), timeout=60.0)))
            for name, base in addresses.items()
        }
        return examine(sources, period)
