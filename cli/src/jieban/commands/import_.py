"""`jieban import`: records of a file into intake."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from contracts.roles import Role
from jieban.commands.options import DataDirOption
from jieban.errors import UserError
from jieban.importer.sending import Sender, Tally
from jieban.rest import DEFAULT_URL, TokenOption, UrlOption, bearer
from operations.importing.document import USUAL, Document, load, shipped, zone
from operations.importing.fields import TARGETS
from operations.importing.mapping import ColumnMapping, Skipped, Unmappable
from operations.importing.reading import count_rows, read_rows
from operations.importing.report import Report

HELP = f"""
Import complaints from a JSONL, CSV or XLSX file through intake's REST batch endpoint.

Each row becomes one new complaint. Its [bold]external_ref[/bold] makes the import safe to repeat: rows that intake
knows are counted, not doubled. If it is interrupted, run the same command again. Rows that are not imported are told in
FILE.rejected.csv: which row and column, what was wrong, what would be right. Rows that are imported though something
about them is doubtful, such as a station that nobody knows, are told in FILE.warnings.csv.

A mapping says which column makes which field. These come with the command, and a YAML file can extend them:
{", ".join(shipped())}. `jieban mappings NAME` prints one.

[bold]Examples[/bold]

  jieban import messages.jsonl
  jieban import requests.csv --mapping open311 --dry-run
  jieban import 工单.xlsx --mapping hotline-12345
  jieban import report.csv --map description=内容 --map occurred_at=上报时间 --set source=grid_patrol

[bold]Fields[/bold]: {", ".join(TARGETS)}
"""

_LANGUAGE = {"Accept-Language": "en"}
"""Of what is told of rows, as of the command itself."""


def import_(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .ndjson, .csv, .tsv or .xlsx file.")],
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
    mapping: Annotated[str, typer.Option(help="The name of a mapping, or its YAML file.")] = USUAL,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, or FIELD='{a} {b}'. Repeatable.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE for every row. Repeatable.")] = None,
    timezone: Annotated[
        str, typer.Option(envvar="JIEBAN_TIMEZONE", help="Zone of times without offset, where the mapping names none.")
    ] = "Asia/Shanghai",
    report: Annotated[
        Path | None, typer.Option(help="Where rows that are not imported are told [default: FILE.rejected.csv, here].")
    ] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to keep trying while Jieban does not answer.")] = 30.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Import nothing: show the first rows as they would go, and check all.")
    ] = False,
) -> None:
    """Import complaints from a file; see HELP."""
    document = _document(mapping, map_ or [], set_ or [])
    columns = ColumnMapping(document, _zone(timezone))
    if dry_run:
        _show(file, ColumnMapping(document, _zone(timezone)))
    headers = bearer(token, Role.OPERATOR, data_dir)
    rejected = report or Path(f"{file.name}.rejected.csv")
    with Report(rejected) as told, Report(rejected.with_name(f"{file.name}.warnings.csv")) as doubted:
        sending = _send(file, url, headers, columns, (told, doubted), patience=patience, dry_run=dry_run)
        tally = asyncio.run(sending)
    _summary(tally, (told, doubted), dry_run=dry_run)
    if tally.rejected:
        raise typer.Exit(2)


async def _send(
    file: Path,
    url: str,
    headers: Mapping[str, str],
    columns: ColumnMapping,
    reports: tuple[Report, Report],
    *,
    patience: float,
    dry_run: bool,
) -> Tally:
    total = count_rows(file)
    rows = read_rows(file, columns.document, lambda names: columns.check(names, file))
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=_stderr()
    )
    with bar:
        task = bar.add_task("Checking" if dry_run else "Importing", total=total)
        async with httpx.AsyncClient(base_url=url, headers={**_LANGUAGE, **headers}, timeout=60.0) as client:
            sender = Sender(
                client, columns, lambda tally: bar.update(task, completed=tally.rows), *reports, dry_run, patience
            )
            tally = await sender.send(rows)
        bar.update(task, completed=tally.rows, total=tally.rows)
    return tally


def _show(file: Path, columns: ColumnMapping) -> None:
    """Print the first three rows that would be imported."""
    rows = read_rows(file, columns.document, lambda names: columns.check(names, file))
    for row in islice(rows, 3):
        try:
            print(json.dumps(columns.body(row.values), ensure_ascii=False, indent=2))  # noqa: T201 - the output
        except (Skipped, Unmappable):
            continue


def _document(name: str, maps: list[str], constants: list[str]) -> Document:
    document = load(name)
    given: dict[str, Any] = {"map": _pairs("--map", maps), "set": _pairs("--set", constants)}
    try:
        return Document.model_validate(given).over(document)
    except ValidationError as error:
        raise UserError(f"{error.errors()[0]['msg'].removeprefix('Value error, ').capitalize()}.") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone(name))
    except ValueError as error:
        raise UserError(f"There is no time zone {name}.") from error


def _pairs(option: str, texts: list[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise UserError(f"{option} takes FIELD=VALUE, not {text}.")
    return dict(text.split("=", 1) for text in texts)


def _summary(tally: Tally, reports: Iterable[Report], *, dry_run: bool) -> None:
    table = Table(show_header=False)
    table.add_row("would be created" if dry_run else "created", str(tally.created))
    if tally.warned:
        table.add_row("of them doubtful", str(tally.warned))
    table.add_row("known before", str(tally.known))
    table.add_row("left out by the mapping", str(tally.skipped))
    table.add_row("rejected", str(tally.rejected))
    for report in reports:
        if not report.is_empty:
            table.add_row("told in", str(report.path))
    Console().print(table)


def _stderr() -> Console:
    return Console(stderr=True)
