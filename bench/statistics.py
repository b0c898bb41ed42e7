"""Statistics of five million entries, through the real service and as bare statements on its roll-ups.

    python -m bench.statistics [--entries 5000000] [--requests 100] [--json FILE]

The roll-ups are made by the service's own worker from changes that are copied in (`bench.many_figures` says how true to
life these are), which takes some minutes; fewer entries are a shorter time of the same county. Each call has other
days, places and categories each time; service and bare statement take turns, so that what else the machine does hits
both. A call may be several statements: compared periods, changes that are not in the roll-ups yet, settings. The bare
twin is the one over the cells, or the details, of the period itself.
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import report
from bench.http_load import Client, post
from bench.many_figures import CATEGORIES, ENTRIES_EACH, MODES, SOURCES, make, span
from bench.platform import TENANT, Platform, platform, token
from bench.statements import written_out
from ledger_service.domain.cubes import WITH_WORK, Cube, Dimension, Grain, Period, cube_of
from ledger_service.persistence import statistics_folding
from ledger_service.persistence.statistics_cells import Question, select_cells, select_work
from ledger_service.persistence.statistics_sums import select_details
from ledger_service.service.folding import BATCH
from runtime.database import create_engine

PATH = "/ledger/v1/statistics"
ZONE = "Asia/Shanghai"
WANTED_MS = 200.0
TABLES = ("statistics_figure", "statistics_time", "statistics_detail", "statistics_term")
Ask = dict[str, Any]
Make = Callable[["Draw"], Ask]


class Draw(random.Random):
    """Chance, and the days that there are."""

    def __init__(self, seed: str, today: date, length: timedelta) -> None:
        super().__init__(seed)
        self.today = today
        self.first = today - length

    def days(self, days: int) -> Ask:
        """Return that many days, anywhere among those that there are, or as many as there are."""
        days = min(days, (self.today - self.first).days - 1)
        first = self.first + timedelta(days=self.randint(0, (self.today - self.first).days - days - 1))
        return {"from": first, "to": first + timedelta(days=days)}

    def month(self) -> Ask:
        """Return a whole month, but not this one."""
        last = (self.today - timedelta(days=self.randint(0, max(0, (self.today - self.first).days - 31)))).replace(
            day=1
        ) - timedelta(days=1)
        return {"from": last.replace(day=1), "to": last}

    def as_of(self, ask: Ask) -> Ask:
        """Ask for it as it was on its last day or before."""
        return ask | {"as_of": ask["to"] - timedelta(days=self.randint(0, 20))}


CALLS: Mapping[str, Make] = {
    "indicators, a month": lambda draw: draw.month(),
    "indicators, a month by community, compared": lambda draw: (
        draw.month() | {"by": ["community"], "compare": ["month", "year"]}
    ),
    "indicators, today by team": lambda draw: {"from": draw.today, "to": draw.today, "by": ["team"]},
    "indicators, ten days by community and category of a source": lambda draw: (
        draw.days(9) | {"by": ["community", "category"], "source": draw.choice(SOURCES)}
    ),
    "indicators, ten days by officer of a source": lambda draw: (
        draw.days(9) | {"by": ["officer"], "source": draw.choice(SOURCES)}
    ),
    "indicators, a quarter by community and category": lambda draw: draw.days(91) | {"by": ["community", "category"]},
    "indicators, 300 days by category and source": lambda draw: draw.days(300) | {"by": ["category", "source"]},
    "indicators, 300 days by officer and handling mode": lambda draw: (
        draw.days(300) | {"by": ["officer", "handling_mode"]}
    ),
    "indicators, 300 days by category, of an officer's team": lambda draw: (
        draw.days(300) | {"by": ["officer", "category"], "team": f"team-{draw.randint(1, 42):02}"}
    ),
    "indicators, a year": lambda draw: draw.days(365),
    "indicators, a year by community and category": lambda draw: draw.days(365) | {"by": ["community", "category"]},
    "indicators, a year by source, of a category": lambda draw: (
        draw.days(365) | {"by": ["source"], "category": draw.choice(CATEGORIES)}
    ),
    "indicators, 300 days by officer, of a mode, compared": lambda draw: (
        draw.days(300) | {"by": ["officer"], "handling_mode": draw.choice(MODES), "compare": ["year"]}
    ),
    "indicators, 300 days by team, as of a day": lambda draw: draw.as_of(draw.days(300) | {"by": ["team"]}),
    "indicators, 300 days by community and category, as of a day": lambda draw: draw.as_of(
        draw.days(300) | {"by": ["community", "category"]}
    ),
    "ranking, a month of teams": lambda draw: draw.month() | {"path": "ranking", "by": ["team"]},
    "ranking, 300 days of officers": lambda draw: draw.days(300) | {"path": "ranking", "by": ["officer"]},
    "series, a year by day": lambda draw: draw.days(364) | {"path": "series", "step": "day"},
    "series, a year by month and community": lambda draw: (
        draw.days(364) | {"path": "series", "step": "month", "by": ["community"]}
    ),
}


async def main() -> None:
    """Make the figures, ask for them, print the tables."""
    options = _options()
    async with platform() as running:
        complaints = options.entries // ENTRIES_EACH
        making = await _make(running, complaints)
        connection = await asyncpg.connect(running.url("ledger"))
        service = await running.serve("ledger", "api")
        client = await Client.connect(service.port)
        rows = [await _measure(name, client, connection, options.requests, span(complaints)) for name in CALLS]
        await connection.close()
    entries = options.entries
    report.show(f"Roll-ups of {entries:,} entries", [making])
    report.show(f"Statistics of {entries:,} entries, ms (wanted: p95 of at most {WANTED_MS:.0f})", rows)
    report.write("statistics", {"entries": entries, "making": making, "rows": rows}, options.json)


async def _make(running: Platform, complaints: int) -> report.Row:
    connection = await asyncpg.connect(running.url("ledger"))
    begun = time.perf_counter()
    changes = await make(connection, TENANT, complaints)
    copied = time.perf_counter() - begun
    print(f"{changes:,} changes copied in {copied:.0f} s", flush=True)
    engine = create_engine(running.url("ledger"), pool_size=1, application_name="bench")
    async with engine.connect() as only:
        pid = await only.scalar(text("SELECT pg_backend_pid()"))
    begun, processor = time.perf_counter(), _cpu_seconds(pid)
    while await _fold(engine):
        print(f"{await connection.fetchval('SELECT count(*) FROM statistics_change'):,} to be added", flush=True)
    folded, processor = time.perf_counter() - begun, _cpu_seconds(pid) - processor
    await engine.dispose()
    for table in (*TABLES, "statistics_change"):
        await connection.execute(f"VACUUM ANALYZE {table}", timeout=900)
    sizes = [await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", table) for table in TABLES]
    cells, details = [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in (TABLES[0], TABLES[2])]
    await connection.close()
    return {
        "changes": changes,
        "s to copy": copied,
        "changes folded/s": changes / folded,
        "… of CPU time": changes / processor,
        "cells": cells,
        "details": details,
        "MB with indexes": sum(sizes) / 1e6,
    }


async def _fold(engine: AsyncEngine) -> int:
    """Add up a batch as the service's worker does, but for its rests."""
    async with engine.begin() as connection:
        return await statistics_folding.fold(connection, zone=ZONE, batch=BATCH)


def _cpu_seconds(pid: int) -> float:
    """Return how long a process has been at work."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(
    name: str, client: Client, connection: asyncpg.Connection, count: int, length: timedelta
) -> report.Row:
    draw = Draw(name, datetime.now(UTC).date(), length)
    served, alone = [], []
    for number in range(count + 3):  # the first ones warm up
        ask = CALLS[name](draw)
        seconds = await _ask(client, ask)
        bare_seconds = await _bare(connection, ask, draw.today)
        if number >= 3:
            served.append(seconds)
            alone.append(bare_seconds)
    return {"call": name, **report.beside(served, alone, WANTED_MS)}


async def _ask(client: Client, ask: Ask) -> float:
    query = urlencode({name: value for name, value in ask.items() if name != "path"}, doseq=True)
    path = f"{PATH}/{ask.get('path', 'indicators')}?{query}"
    request = post(path, b"", {"Authorization": f"Bearer {token('analyst')}"}, method="GET")
    begun = time.perf_counter()
    status, body = await client.send(request)
    seconds = time.perf_counter() - begun
    if status != 200:
        raise SystemExit(f"{path} was answered with {status}: {body[:500]!r}")
    return seconds


async def _bare(connection: asyncpg.Connection, ask: Ask, today: date) -> float:
    """Run what reads the cells or details of the period and return how long it took."""
    by = tuple(Dimension(name) for name in ask.get("by", ()))
    filters = {name: ask[name] for name in Dimension if name in ask}
    cube = cube_of((*by, *filters))
    question = Question(
        tenant=TENANT,
        zone=ZONE,
        cube=cube,
        period=Period(ask["from"], min(ask["to"], ask.get("as_of", today))),
        over=min(today - timedelta(days=1), ask.get("as_of", today)),
        as_of=ask.get("as_of"),
        step={"day": Grain.DAY, "month": Grain.MONTH}.get(ask.get("step", "")),
        by=by,
        filters=filters,
        with_work=cube in WITH_WORK,
    )
    if cube is Cube.DETAIL:
        statements = [select_details(question)]
    else:
        statements = [select_cells(question)] + ([select_work(question)] if question.with_work else [])
        statements += [] if question.as_of is None else [select_details(question)]
    written = [written_out(text(sql).bindparams(**parameters)) for sql, parameters in statements]
    begun = time.perf_counter()
    for sql, values in written:
        await connection.fetch(sql, *values)
    return time.perf_counter() - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--requests", type=int, default=100, help="of each call")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
