"""Statistics of five million entries, through the real service and as bare statements on its roll-ups.

    python -m bench.statistics [--complaints 1250000] [--requests 100] [--json FILE]

The roll-ups are made by the service's own worker from changes that are copied in (`bench.many_figures` says how true to
life these are), which takes some minutes. Each call has other days, places and categories each time; service and bare
statement take turns, so that what else the machine does hits both. A call may be several statements: compared periods,
changes that are not in the roll-ups yet, settings. The bare twin is the one over the cells of the period itself.
"""

import argparse
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
from bench.many_figures import CATEGORIES, ENTRIES_EACH, MODES, SOURCES, YEARS, make
from bench.platform import TENANT, Platform, platform, token
from bench.statements import written_out
from ledger_service.domain.cubes import WITH_DURATIONS, Dimension, Grain, Period, cube_of
from ledger_service.persistence import statistics_folding
from ledger_service.persistence.statistics_cells import Question, select_cells
from runtime.database import create_engine

PATH = "/ledger/v1/statistics"
ZONE = "Asia/Shanghai"
WANTED_MS = 200.0
_BATCH = 5_000
Ask = dict[str, Any]
Make = Callable[[random.Random, date], Ask]


def _month(draw: random.Random, today: date) -> Ask:
    last = (today - timedelta(days=draw.randint(40, 1000))).replace(day=1) - timedelta(days=1)
    return {"from": last.replace(day=1), "to": last}


def _days(days: int) -> Make:
    def made(draw: random.Random, today: date) -> Ask:
        last = today - timedelta(days=draw.randint(1, max(2, YEARS.days - days - 1)))
        return {"from": last - timedelta(days=days), "to": last}

    return made


def _as_of(draw: random.Random, ask: Ask) -> Ask:
    """Ask for it as it was on one of its own days."""
    return ask | {"as_of": ask["to"] - timedelta(days=draw.randint(0, 200))}


_QUARTER, _YEAR, _LONGEST = _days(91), _days(365), _days(1060)
CALLS: Mapping[str, Make] = {
    "indicators, a month": _month,
    "indicators, a month by community, compared": lambda draw, today: (
        _month(draw, today) | {"by": ["community"], "compare": ["month", "year"]}
    ),
    "indicators, today by team": lambda _, today: {"from": today, "to": today, "by": ["team"]},
    "indicators, a quarter by team and category": lambda draw, today: (
        _QUARTER(draw, today) | {"by": ["team", "category"], "source": draw.choice(SOURCES)}
    ),
    "indicators, a year by category and source": lambda draw, today: (
        _YEAR(draw, today) | {"by": ["category", "source"]}
    ),
    "indicators, a year by officer and handling mode": lambda draw, today: (
        _YEAR(draw, today) | {"by": ["officer", "handling_mode"]}
    ),
    "indicators, 1,060 days": _LONGEST,
    "indicators, 1,060 days by community and category": lambda draw, today: (
        _LONGEST(draw, today) | {"by": ["community", "category"]}
    ),
    "indicators, 1,060 days by source, of a category": lambda draw, today: (
        _LONGEST(draw, today) | {"by": ["source"], "category": draw.choice(CATEGORIES)}
    ),
    "indicators, 1,060 days by officer, of a mode, compared": lambda draw, today: (
        _LONGEST(draw, today) | {"by": ["officer"], "handling_mode": draw.choice(MODES), "compare": ["year"]}
    ),
    "indicators, a year as of a day by team": lambda draw, today: _as_of(draw, _YEAR(draw, today)) | {"by": ["team"]},
    "indicators, a year as of a day by team and category": lambda draw, today: (
        _as_of(draw, _YEAR(draw, today)) | {"by": ["team", "category"]}
    ),
    "ranking, a month of teams": lambda draw, today: _month(draw, today) | {"path": "ranking", "by": ["team"]},
    "ranking, 1,060 days of officers": lambda draw, today: (
        _LONGEST(draw, today) | {"path": "ranking", "by": ["officer"]}
    ),
    "series, a year by day": lambda draw, today: _YEAR(draw, today) | {"path": "series", "step": "day"},
    "series, 1,060 days by month and community": lambda draw, today: (
        _LONGEST(draw, today) | {"path": "series", "step": "month", "by": ["community"]}
    ),
}


async def main() -> None:
    """Make the figures, ask for them, print the tables."""
    options = _options()
    async with platform() as running:
        making = await _make(running, options.complaints)
        connection = await asyncpg.connect(running.url("ledger"))
        service = await running.serve("ledger", "api")
        client = await Client.connect(service.port)
        rows = [await _measure(name, client, connection, options.requests) for name in CALLS]
        await connection.close()
    entries = ENTRIES_EACH * options.complaints
    report.show(f"Roll-ups of {entries:,} entries", [making])
    report.show(f"Statistics of {entries:,} entries, ms (wanted: p95 of at most {WANTED_MS:.0f})", rows)
    report.write("statistics", {"entries": entries, "making": making, "rows": rows}, options.json)


async def _fold(engine: AsyncEngine) -> int:
    """Add up a batch as the service's worker does, but for its rests."""
    async with engine.begin() as connection:
        return await statistics_folding.fold(connection, zone=ZONE, batch=_BATCH)


async def _make(running: Platform, complaints: int) -> report.Row:
    connection = await asyncpg.connect(running.url("ledger"))
    begun = time.perf_counter()
    changes = await make(connection, TENANT, complaints)
    copied = time.perf_counter() - begun
    engine = create_engine(running.url("ledger"), pool_size=1, application_name="bench")
    begun = time.perf_counter()
    while await _fold(engine):
        print(f"{await connection.fetchval('SELECT count(*) FROM statistics_change'):,} to be added", flush=True)
    folded = time.perf_counter() - begun
    await engine.dispose()
    await connection.execute("VACUUM ANALYZE statistics_cell, statistics_change", timeout=900)
    cells = await connection.fetchval("SELECT count(*) FROM statistics_cell")
    size = await connection.fetchval("SELECT pg_total_relation_size('statistics_cell')")
    await connection.close()
    return {
        "changes": changes,
        "s to copy": copied,
        "changes folded/s": changes / folded,
        "cells": cells,
        "MB with indexes": size / 1e6,
    }


async def _measure(name: str, client: Client, connection: asyncpg.Connection, count: int) -> report.Row:
    draw, today = random.Random(name), datetime.now(UTC).date()
    served, alone = [], []
    for number in range(count + 3):  # the first ones warm up
        ask = CALLS[name](draw, today)
        seconds = await _ask(client, ask)
        bare_seconds = await _bare(connection, ask, today)
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
    """Run the statement over the cells of the period and return how long it took."""
    by = tuple(Dimension(name) for name in ask.get("by", ()))
    filters = {name: ask[name] for name in Dimension if name in ask}
    cube = cube_of((*by, *filters))
    assert cube is not None
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
        with_durations=cube in WITH_DURATIONS,
    )
    sql, parameters = select_cells(question)
    written, values = written_out(text(sql).bindparams(**parameters, most=1001))
    begun = time.perf_counter()
    await connection.fetch(written, *values)
    return time.perf_counter() - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--complaints", type=int, default=1_250_000)
    parser.add_argument("--requests", type=int, default=100, help="of each call")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
