"""Hot spots: reading a large ledger for them, and looking at it, beside what the database takes for the same rows.

    python -m bench.hotspots [--complaints 1000000] [--days 64] [--json FILE]

The complaints of a large city lie within `days`, which the window and its baseline cover by default: the most that a
look can have before it. Two hundred bursts are among them. The bare reading fetches the same facts in parts of the same
size and copies them into a table without indexes; the bare look counts the window and the baseline in two statements
and fetches the counts.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import report
from bench.platform import TENANT, Platform, platform
from eventbus.driver import copy
from ledger_service.domain.hotspot_rules import Period, Rules
from ledger_service.domain.hotspots import Hotspot
from ledger_service.service.hotspots import BATCH, catch_up, look
from runtime.database import create_engine

_BURSTS, _IN_BURST = 200, 10
_SEED = """
    INSERT INTO ledger_complaint (
        tenant, complaint_id, number, source, proactive, category, description, lon, lat, owner, received_at,
        status, round, version, community, grid, seq_intake, seq_dispatch, seq_ledger)
    SELECT $1, uuidv7(at - now()), n, 'resident_app', false,
           (ARRAY['street_order.parking', 'street_order.vendors', 'noise.night', 'noise.site', 'facilities.lamps',
                  'facilities.covers', 'environment.litter', 'environment.ads', 'safety.wires', 'safety.charging'])
               [1 + floor(10 * kind ^ 2)],
           'a complaint', lon, lat, 'citizen-' || n, at, 'assigned', 1, 2, 'community-01', 'grid-01', 1, 1, 0
    FROM ({}) AS made
"""
_CITY = """
    SELECT CAST(n AS text) AS n, random() AS kind,
           107.2357 + 0.12 * random_normal() AS lon, 26.5807 + 0.12 * random_normal() AS lat,
           now() - CAST($3 AS int) * random() * interval '1 day' AS at
    FROM generate_series(1, CAST($2 AS int)) AS n
"""
_PLACES = """
    SELECT 'b' || place || '-' || n AS n, kind,
           lon + 0.0004 * random_normal() AS lon, lat + 0.0004 * random_normal() AS lat,
           now() - 2 * random() * interval '1 day' AS at
    FROM (SELECT place, random() AS kind,
                 107.2357 + 0.2 * random_normal() AS lon, 26.5807 + 0.2 * random_normal() AS lat
          FROM generate_series(1, CAST($2 AS int)) AS place) AS places
    CROSS JOIN generate_series(1, CAST($3 AS int)) AS n
"""
_ENTRIES = """
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, data)
    SELECT tenant, complaint_id, complaint_id, event.type, event.source, 1, 'received', received_at, '{}'
    FROM ledger_complaint CROSS JOIN (VALUES ('complaint.received', 'intake'), ('complaint.assigned', 'dispatch'))
        AS event (type, source)
    WHERE NOT EXISTS (SELECT FROM entry AS known WHERE known.complaint_id = ledger_complaint.complaint_id)
    ORDER BY complaint_id
"""
_SETTLED = """
    INSERT INTO chain (tenant, settled) SELECT $1, max(position) FROM entry WHERE tenant = $1
    ON CONFLICT (tenant) DO UPDATE SET settled = excluded.settled
"""
_BARE_TABLE = "CREATE TABLE bare (complaint_id uuid, category text, lon float8, lat float8, at timestamptz)"
_BARE_PART = """
    SELECT complaint_id, category, lon, lat, received_at FROM entry JOIN ledger_complaint USING (tenant, complaint_id)
    WHERE tenant = :tenant AND position > :after AND position <= :after + :size AND type = 'complaint.received'
"""
_BARE_COLUMNS = ("complaint_id", "category", "lon", "lat", "at")
_BARE_COUNT = """
    SELECT category, cell, count(*) FROM hotspot_point
    WHERE tenant = :tenant AND at >= :since AND at < :until GROUP BY category, cell
"""


async def main() -> None:
    """Seed, read, look, and print the tables."""
    options = _options()
    async with platform() as running:
        engine = create_engine(running.url("ledger"), pool_size=2, application_name="bench")
        await _seed(running, _CITY, options.complaints, options.days)
        reading = await _reading(engine)
        looking = [await _looking(engine, "the first"), await _looking(engine, "nothing new")]
        await _seed(running, _PLACES, _BURSTS, _IN_BURST)
        await catch_up(engine, TENANT)
        looking += [await _looking(engine, f"{_BURSTS} bursts more"), await _looking(engine, "nothing new")]
        await engine.dispose()
    report.show("Reading entries for hot spots, entries a second", [reading])
    report.show(f"A look at {options.complaints:,} complaints of {options.days} days, seconds", looking)
    report.write("hotspots", {"reading": reading, "looking": looking}, options.json)


async def _seed(running: Platform, made: str, *sizes: int) -> None:
    """Write the complaints of a statement, with two settled entries each."""
    connection = await asyncpg.connect(running.url("ledger"))
    await connection.execute("SELECT setseed(0.522723)")
    for statement, values in ((_SEED.format(made), (TENANT, *sizes)), (_ENTRIES, ()), (_SETTLED, (TENANT,))):
        await connection.execute(statement, *values, timeout=900)
    await connection.execute("VACUUM ANALYZE ledger_complaint, entry", timeout=900)
    await connection.close()


async def _reading(engine: AsyncEngine) -> report.Row:
    async with engine.connect() as connection:
        entries = (await connection.execute(text("SELECT count(*) FROM entry"))).scalar_one()
    bare = await _timed(lambda: _bare_reading(engine))
    jieban = await _timed(lambda: _all(engine))
    return {"entries": entries, "jieban": entries / jieban, "bare": entries / bare, "ratio": bare / jieban}


async def _all(engine: AsyncEngine) -> None:
    while not await catch_up(engine, TENANT):
        pass


async def _bare_reading(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(_BARE_TABLE))
        last = (await connection.execute(text("SELECT max(position) FROM entry"))).scalar_one()
    for after in range(0, last, BATCH):
        async with engine.begin() as connection:
            parameters = {"tenant": TENANT, "after": after, "size": BATCH}
            rows = (await connection.execute(text(_BARE_PART), parameters)).all()
            await copy(connection, "bare", _BARE_COLUMNS, map(tuple, rows))


async def _looking(engine: AsyncEngine, name: str) -> report.Row:
    at = datetime.now(UTC)
    period = Period.of(Rules(), at, datetime(2020, 1, 1, tzinfo=UTC).date())
    told: list[Hotspot] = []

    async def once() -> None:
        told.extend(await look(engine, TENANT, at=at))

    async def bare() -> None:
        async with engine.connect() as connection:
            for since, until in ((period.before, period.since), (period.since, at)):
                parameters = {"tenant": TENANT, "since": since, "until": until}
                (await connection.execute(text(_BARE_COUNT), parameters)).all()

    jieban, counted = await _timed(once), await _timed(bare)
    return {"look": name, "jieban": jieban, "bare": counted, "ratio": counted / jieban, "told": len(told)}


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--complaints", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=64)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
