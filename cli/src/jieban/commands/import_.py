"""`jieban import`: records of a file into intake."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from contracts.roles import Role
from jieban.commands.options import DataDirOption
from jieban.errors import UserError
from jieban.importer.mapping import TARGETS, ColumnMapping
from jieban.importer.reading import count_rows, read_rows
from jieban.importer.sending import Sender, Tally
from jieban.rest import DEFAULT_URL, TokenOption, UrlOption, bearer

HELP = f"""
Import complaints from a JSONL or CSV file through intake's REST batch endpoint.

Each row becomes one complaint. Its [bold]external_ref[/bold] (column external_ref, id or 编号) makes the import safe to
repeat: rows that intake knows are counted, not doubled. If it is interrupted, run the same command again.

Columns are found by their usual names (subject, text, description, lon, lat, address, time, category, …). Others are
mapped by hand; columns that nothing uses become attributes. Times without an offset are local time of the tenant.

[bold]Examples[/bold]

  jieban import messages.jsonl
  jieban import report.csv --map description=内容 --map occurred_at=上报时间 --set source=grid_patrol
  jieban import report.csv --mapping mapping.yaml --dry-run

[bold]Fields[/bold]: {", ".join(TARGETS)}
"""


def import_(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .ndjson, .csv or .tsv file in UTF-8.")],
    url: UrlOption = DEFAULT_URL,
    token: TokenOption = None,
    data_dir: DataDirOption = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: `map: {field: column or template}` and `set: {field: value}`.")
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, or FIELD='{a} {b}'. Repeatable.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE for every row. Repeatable.")] = None,
    timezone: Annotated[
        str, typer.Option(envvar="JIEBAN_TIMEZONE", help="Zone of times without offset.")
    ] = "Asia/Shanghai",
    report: Annotated[
        Path | None, typer.Option(help="Where rejected rows go [default: FILE.rejected.jsonl, here].")
    ] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to keep trying while Jieban does not answer.")] = 30.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the first three rows as they would go.")] = False,
) -> None:
    """Import complaints from a file; see HELP."""
    columns = _mapping(mapping, map_ or [], set_ or [], timezone)
    if dry_run:
        for row, _ in zip(read_rows(file), range(3), strict=False):
            print(json.dumps(columns.body(row.values), ensure_ascii=False, indent=2))  # noqa: T201 - the output
        return
    tally = asyncio.run(_send(file, url, bearer(token, Role.OPERATOR, data_dir), columns, patience))
    rejected = _write_report(report or Path(f"{file.name}.rejected.jsonl"), tally)
    _summary(tally, rejected)
    if tally.rejected:
        raise typer.Exit(2)


async def _send(file: Path, url: str, headers: Mapping[str, str], columns: ColumnMapping, patience: float) -> Tally:
    total = count_rows(file)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=_stderr()
    )
    with bar:
        task = bar.add_task("Importing", total=total)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60.0) as client:
            sender = Sender(client, columns, lambda tally: bar.update(task, completed=tally.rows), patience)
            tally = await sender.send(read_rows(file))
        bar.update(task, completed=tally.rows, total=tally.rows)
    return tally


def _mapping(file: Path | None, maps: list[str], constants: list[str], timezone: str) -> ColumnMapping:
    try:
        columns = ColumnMapping(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UserError(f"There is no time zone {timezone}.") from error
    given: dict[str, Any] = {}
    if file is not None:
        try:
            given = yaml.safe_load(file.read_text("utf-8")) or {}
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise UserError(f"Cannot read the mapping {file}: {error}.") from error
    for target, template in {**given.get("map", {}), **_pairs("--map", maps)}.items():
        columns.use(target, str(template))
    for target, value in {**given.get("set", {}), **_pairs("--set", constants)}.items():
        columns.fix(target, str(value))
    return columns


def _pairs(option: str, texts: list[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise UserError(f"{option} takes FIELD=VALUE, not {text}.")
    return dict(text.split("=", 1) for text in texts)


def _write_report(path: Path, tally: Tally) -> Path | None:
    if not tally.rejected:
        return None
    with path.open("w", encoding="utf-8") as file:
        for row in tally.rejected:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    return path


def _summary(tally: Tally, report: Path | None) -> None:
    table = Table(show_header=False)
    table.add_row("created", str(tally.created))
    table.add_row("known before", str(tally.known))
    table.add_row("rejected", str(len(tally.rejected)) + (f", see {report}" if report else ""))
    Console().print(table)


def _stderr() -> Console:
    return Console(stderr=True)
