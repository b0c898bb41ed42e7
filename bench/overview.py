"""The overview and the map of open cases with a large ledger, through the real service, beside the bare statements.

    python -m bench.overview [--entries 5000000] [--requests 60] [--json FILE]

1,500 complaints come in a day, 3,000 or so are open, and each has four entries: 5,000,000 with the default. An overview
is read at most once a second for all who ask: `read anew` asks a little over a second apart, so that each call reads;
`within a second` asks at once. Of what has happened today a reading adds what came since the one before: five entries
here, which are more than a county has in a minute. `the whole day` is what a process reads first, and every ten
minutes. Each time, the statements that a reading runs are run alone before or after it; they add what came since the
bench began to ask.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import uvloop
from sqlalchemy.ext.asyncio import AsyncConnection

from bench import report
from bench.http_load import Client, post
from bench.platform import TENANT, platform, token
from ledger_service.persistence.open_cases import OpenFilter, find
from ledger_service.service.overview import KEPT_SECONDS, read_overview
from ledger_service.service.today import Todays
from runtime.database import create_engine

WANTED_MS = 50.0
ZONE = ZoneInfo("Asia/Shanghai")
Statements = list[tuple[str, tuple[Any, ...]]]
_COMPLAINTS = """
    INSERT INTO ledger_complaint (
        tenant, complaint_id, number, source, proactive, category, description, lon, lat, address, owner, received_at,
        status, round, version, facts_version, community, grid, team, team_name, first_assigned_at, promised_at,
        warn_at, suspended_at, resolved_at, closed_at, satisfaction, seq_intake, seq_dispatch, seq_ledger)
    SELECT $1, uuidv7(at - now()), n, 'resident_app', false, 'category.' || n % 40, repeat('盲道上停满了车', 4),
           107.2357 + 0.05 * random_normal(), 26.5807 + 0.05 * random_normal(), '金南街道', 'citizen-' || n, at,
           status, 1, 4, 4, 'community-' || place, 'grid-' || place, 'team-' || place, '网格队', at, at + days,
           at + 0.8 * days, at + 0.5 * days, CASE WHEN status IN ('resolved', 'verified', 'closed') THEN at + took END,
           CASE WHEN status = 'closed' THEN at + took END, CASE WHEN status = 'closed' THEN 'satisfied' END, 1, 2, 1
    FROM (
        SELECT n, now() - ($2 - n) * interval '1 day' / 1500 AS at, to_char(n % 15 + 1, 'FM00') AS place,
               interval '1 day' * (1 + n % 5) AS days, interval '1 hour' * (1 + 30 * random()) AS took,
               CASE WHEN random() < CASE WHEN $2 - n < 3000 THEN 0.8 ELSE 600.0 / $2 END
                    THEN (ARRAY['received', 'assigned', 'accepted', 'in_progress', 'suspended', 'transferred',
                                'resolved', 'verified'])[1 + n % 8] ELSE 'closed' END AS status
        FROM generate_series(1, CAST($2 AS int)) AS n
    ) AS made
"""
_ENTRIES = """
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, data, salt)
    SELECT tenant, uuidv7(at - now()), complaint_id, 'complaint.' || type, sender, sequence, status, at,
           '{"satisfaction": "satisfied", "note": "' || repeat('x', 300) || '"}', '\\x00112233445566778899aabbccddeeff'
    FROM ledger_complaint CROSS JOIN LATERAL (VALUES
        ('received', 'intake', 1, received_at), ('assigned', 'dispatch', 1, received_at + interval '1 second'),
        ('resolved', 'dispatch', 2, least(coalesce(resolved_at, now()), now())),
        (CASE WHEN right(number, 1) < '3' THEN 'feedback_received' ELSE 'closed' END, 'ledger', 1,
         least(coalesce(closed_at, now()), now()))) AS happened (type, sender, sequence, at)
    ORDER BY at
"""
_MORE = """
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, data, salt)
    SELECT tenant, uuidv7(), complaint_id, 'complaint.assigned', 'dispatch', CAST(1e9 * random() AS int) + 9, status,
           now(), '{}', '\\x00112233445566778899aabbccddeeff'
    FROM ledger_complaint WHERE tenant = $1 AND status = 'assigned' LIMIT 5
"""
_COUNTY = (
    "INSERT INTO chain (tenant, settled) SELECT $1, max(position) FROM entry",
    """
    INSERT INTO directory (tenant, kind, code, sequence, removed, name, community)
    SELECT $1, kind, kind || '-' || to_char(n, 'FM00'), 1, false, kind || ' ' || n,
           CASE kind WHEN 'team' THEN 'community-' || to_char(n, 'FM00') END
    FROM generate_series(1, 15) AS n, (VALUES ('community'), ('team')) AS kinds (kind)
    """,
    """
    INSERT INTO team_duty (tenant, team, sequence, planned, on_duty, at)
    SELECT $1, 'team-' || to_char(n, 'FM00'), 1, 5, 4, now() FROM generate_series(1, 15) AS n
    """,
    """
    INSERT INTO hotspot (tenant, id, version, category, state, lon, lat, radius_metres, count, expected, score, trend,
                         community, first_at, last_at, evidence, cells, detected_at, changed_at)
    SELECT $1, uuidv7(), 1, 'category.1', 'live', 107.2, 26.5, 300, 12, 2.5, n, 'rising',
           'community-' || to_char(n % 15 + 1, 'FM00'), now(), now(),
           ARRAY(SELECT uuidv7() FROM generate_series(1, 20)), ARRAY[1, 2, 3], now(), now()
    FROM generate_series(1, 50) AS n
    """,
)


async def main() -> None:
    """Make the ledger, ask, print the table."""
    options = _options()
    async with platform() as running:
        connection = await asyncpg.connect(running.url("ledger"))
        begun = time.perf_counter()
        await _make(connection, options.entries // 4)
        entries, open_cases = await _sizes(connection)
        print(
            f"{entries:,} entries, {open_cases:,} open cases, made in {time.perf_counter() - begun:.0f} s", flush=True
        )
        todays = Todays()
        whole, overview = [await _statements(running.url("ledger"), _reading(todays)) for _ in range(2)]
        mapped = await _statements(running.url("ledger"), _map)
        service = await running.serve("ledger", "api")
        client, count = await Client.connect(service.port), options.requests
        asks = {
            "overview, read anew": ("/overview", overview, KEPT_SECONDS + 0.05, count),
            "overview, within a second": ("/overview", overview, 0.0, 10 * count),
            "overview of a community, anew": ("/overview?community=community-08", overview, KEPT_SECONDS + 0.05, count),
            "complaints.geojson, all": ("/complaints.geojson", mapped, 0.0, count),
            "complaints.geojson, limit=200": ("/complaints.geojson?limit=200", mapped, 0.0, count),
        }
        rows = [await _measure(name, client, connection, *ask) for name, ask in asks.items()]
        rows.append(await _whole_days(running.url("ledger"), connection, whole, count))
        await connection.close()
    report.show(
        f"{entries:,} entries, {open_cases:,} open cases, ms (wanted: p95 of {WANTED_MS:.0f} for overviews)", rows
    )
    report.write("overview", {"entries": entries, "open": open_cases, "rows": rows}, options.json)


async def _make(connection: Any, complaints: int) -> None:
    await connection.execute("SELECT setseed(0.522723)")
    await connection.execute(_COMPLAINTS, TENANT, complaints, timeout=3_600)
    await connection.execute(_ENTRIES, timeout=3_600)
    for statement in _COUNTY:
        await connection.execute(statement, TENANT)
    await connection.execute("VACUUM ANALYZE", timeout=3_600)


async def _sizes(connection: Any) -> tuple[int, int]:
    entries = await connection.fetchval("SELECT count(*) FROM entry")
    return entries, await connection.fetchval("SELECT count(*) FROM ledger_complaint WHERE status <> 'closed'")


def _reading(todays: Todays) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda connection: read_overview(connection, TENANT, todays, at=datetime.now(UTC), zone=ZONE)


async def _map(connection: AsyncConnection) -> None:
    await find(connection, TENANT, OpenFilter(), at=datetime.now(UTC), size=4_000)


async def _statements(url: str, reading: Callable[[AsyncConnection], Awaitable[object]]) -> Statements:
    """Return the statements that a reading runs, with their values."""
    statements: Statements = []
    engine = create_engine(url, pool_size=1, application_name="bench")
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda logged: statements.append((logged.query, tuple(logged.args))))
        await reading(connection)
    await engine.dispose()
    return statements


async def _measure(
    name: str, client: Client, connection: Any, path: str, statements: Statements, pause: float, count: int
) -> report.Row:
    request = post(f"/ledger/v1{path}", b"", {"Authorization": f"Bearer {token('analyst')}"}, "GET")
    served, bare, size = [], [], 0
    for number in range(count + 5):  # the first ones warm up
        if pause:
            await connection.execute(_MORE, TENANT)
        await asyncio.sleep(pause)
        begun = time.perf_counter()
        status, body = await client.send(request)
        answered = time.perf_counter()
        if status != 200:
            raise SystemExit(f"{path}: {status} {body.decode()}")
        if pause or not number % 10:
            for statement, values in statements:
                await connection.fetch(statement, *values)
            bare.append(time.perf_counter() - answered)
        if number >= 5:
            served.append(answered - begun)
            size = len(body)
    return {"call": name, **report.beside(served, bare, WANTED_MS), "KB": size / 1000}


async def _whole_days(url: str, connection: Any, statements: Statements, count: int) -> report.Row:
    served, bare = [], []
    engine = create_engine(url, pool_size=1, application_name="bench")
    for _ in range(count):
        async with engine.execution_options(isolation_level="REPEATABLE READ").connect() as reader:
            begun = time.perf_counter()
            await _reading(Todays())(reader)
            answered = time.perf_counter()
        for statement, values in statements:
            await connection.fetch(statement, *values)
        bare.append(time.perf_counter() - answered)
        served.append(answered - begun)
    await engine.dispose()
    return {"call": "the whole day", **report.beside(served, bare, WANTED_MS), "KB": 0.0}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=5_000_000, help="four a complaint")
    parser.add_argument("--requests", type=int, default=60, help="of each call")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
