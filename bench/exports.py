"""Classified ledgers with many complaints: pages and files through the real service, beside the bare statements.

    python -m bench.exports [--complaints 1000000] [--lines 100000] [--requests 100] [--json FILE]

The complaints of three years lie evenly; files have the last of them, about `lines`. The bare read is a cursor of the
same columns in the same order, by the driver alone. Memory is what the service had at most, beside what it had before
its first file. Service and bare statement take turns where they are compared.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import uvloop

from bench import report
from bench.platform import TENANT, Platform, Process, platform, token
from eventbus.janitor import first_id_at

_DAYS = 3 * 365
_SEED = """
    INSERT INTO ledger_complaint (
        tenant, complaint_id, number, source, proactive, category, description, lon, lat, address, owner, received_at,
        status, round, version, facts_version, community, grid, team, team_name, handling_mode, first_assigned_at,
        promised_at, resolved_at, verified_at, closed_at, satisfaction, seq_intake, seq_dispatch, seq_ledger)
    SELECT $1, uuidv7(at - now()), '522723-' || n,
           (ARRAY['resident_app', 'hotline', 'liaison_station', 'grid_patrol', 'regular_inspection', 'home_visit',
                  'video_sensor', 'superior_assigned', 'media'])[1 + n % 9], n % 9 > 2,
           (ARRAY['street_order.parking', 'street_order.itinerant_vendors', 'noise_and_fumes.noise',
                  'facilities.lamps', 'city_appearance.litter', 'safety.strung_wires', 'civility.dogs',
                  'construction.sites'])[1 + floor(8 * random() ^ 2)],
           '小区门口有游摊占道经营，影响通行，请尽快处理', 107.2357, 26.5807,
           '贵定县金南街道福来社区 ' || n % 200 || ' 号',
           'citizen-' || n % 90000, at, CASE WHEN is_open THEN 'assigned' ELSE 'closed' END, 1, 6, 6,
           'community-' || n % 15, 'grid-' || n % 15, 'team-' || n % 30, '第' || n % 30 || '网格队',
           CASE WHEN is_open THEN NULL ELSE (ARRAY['guidance', 'on_site_rectification', 'verbal_education',
                                                   'case_filed'])[1 + n % 4] END,
           at + interval '2 minutes', at + interval '1 day',
           CASE WHEN is_open THEN NULL ELSE at + random() * interval '26 hours' END,
           CASE WHEN is_open THEN NULL ELSE at + interval '27 hours' END,
           CASE WHEN is_open THEN NULL ELSE at + interval '28 hours' END,
           CASE WHEN is_open THEN NULL ELSE 'satisfied' END, 1, 3, 2
    FROM (SELECT n, at, at > now() - interval '2 days' AS is_open
          FROM (SELECT n, now() - n * CAST($3 AS interval) / CAST($2 AS int) AS at
                FROM generate_series(1, CAST($2 AS int)) AS n) AS spread) AS made
"""
_COLUMNS = """number, received_at, source, category, address, community, grid, team_name, handling_mode, status,
              promised_at, resolved_at, closed_at, resolved_at <= promised_at, satisfaction"""
_BARE_FILE = f"""
    SELECT {_COLUMNS} FROM ledger_complaint WHERE tenant = $1 AND received_at >= $2
    ORDER BY source, complaint_id DESC
"""
_BARE_PAGE = f"""
    SELECT complaint_id, {_COLUMNS} FROM ledger_complaint
    WHERE tenant = $1 AND complaint_id >= $2 AND complaint_id < $3 AND {{}} ORDER BY complaint_id DESC LIMIT 51
"""
_PAGES: Mapping[str, tuple[str, str, str]] = {
    "a month": ("by-source", "", "true"),
    "a month of a community": ("by-community", "community=community-3", "community = 'community-3'"),
    "a month of a category": ("by-category", "category=safety", "category LIKE 'safety.%'"),
    "a month of a handling mode": ("by-source", "handling_mode=case_filed", "handling_mode = 'case_filed'"),
    "a month, overdue": ("overdue", "", "resolved_at > promised_at"),
}
_BATCH = 1_000


async def main() -> None:
    """Make the complaints, ask, and print the tables."""
    options = _options()
    async with platform() as stack:
        await _seed(stack, options.complaints)
        environment = {**stack.environment, "JIEBAN_EXPORT_MAX_LINES": str(2 * options.lines)}
        running = replace(stack, environment=environment)
        service = await running.serve("ledger", "api,relay")
        connection = await asyncpg.connect(running.url("ledger"))
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{service.port}/ledger/v1",
            headers={"Authorization": f"Bearer {token('supervisor')}"},
            timeout=600,
        )
        first = date.today() - timedelta(days=round(_DAYS * options.lines / options.complaints))  # noqa: DTZ011 - a day more or less
        files = [await _file(client, connection, service, form, first) for form in ("csv", "json", "xlsx")]
        jobs = [await _job(client, form) for form in ("csv",)]
        pages = [await _page(client, connection, name, options.requests) for name in _PAGES]
        await client.aclose()
        await connection.close()
    report.show(f"Files from a ledger of {options.complaints:,} complaints", files)
    report.show("All of them, in the background", jobs)
    report.show("Pages of 50 lines, ms", pages)
    report.write("exports", {"files": files, "jobs": jobs, "pages": pages}, options.json)


async def _seed(running: Platform, complaints: int) -> None:
    connection = await asyncpg.connect(running.url("ledger"))
    await connection.execute(_SEED, TENANT, complaints, timedelta(days=_DAYS), timeout=900)
    await connection.execute("VACUUM ANALYZE ledger_complaint", timeout=900)
    await connection.close()


async def _file(
    client: httpx.AsyncClient, connection: asyncpg.Connection, service: Process, form: str, first: date
) -> report.Row:
    before = service.rss_mb()
    begun = time.perf_counter()
    to_first, size = 0.0, 0
    async with client.stream("GET", f"/ledgers/by-source.{form}?from={first}") as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_raw():
            to_first = to_first or time.perf_counter() - begun
            size += len(chunk)
    seconds = time.perf_counter() - begun
    bare, lines = await _bare(connection, first)
    return {
        "form": form,
        "lines": lines,
        "MB": size / 1e6,
        "first byte s": to_first,
        "seconds": seconds,
        "lines/s": lines / seconds,
        "bare cursor lines/s": lines / bare,
        "ratio": bare / seconds,
        "memory before MB": before,
        "peak MB": service.peak_mb(),
    }


async def _bare(connection: asyncpg.Connection, first: date) -> tuple[float, int]:
    begun, lines = time.perf_counter(), 0
    since = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)
    async with connection.transaction(readonly=True):
        cursor = await connection.cursor(_BARE_FILE, TENANT, since)
        while rows := await cursor.fetch(_BATCH):
            lines += len(rows)
    return time.perf_counter() - begun, lines


async def _job(client: httpx.AsyncClient, form: str) -> report.Row:
    begun = time.perf_counter()
    asked = await client.post("/exports", json={"ledger": "by-source", "format": form})
    path = asked.raise_for_status().headers["Location"].removeprefix("/ledger/v1")
    state: report.Row = {"state": "waiting"}
    while state["state"] in ("waiting", "working"):
        await asyncio.sleep(0.2)
        state = (await client.get(path)).json()
    seconds = time.perf_counter() - begun
    lines = int(state["lines_done"])
    return {"form": form, "state": state["state"], "lines": lines, "seconds": seconds, "lines/s": lines / seconds}


async def _page(client: httpx.AsyncClient, connection: asyncpg.Connection, name: str, requests: int) -> report.Row:
    ledger, query, condition = _PAGES[name]
    draw = random.Random(name)
    whole, bare = [], []
    for _ in range(requests):
        first = date.today() - timedelta(days=draw.randint(31, _DAYS))  # noqa: DTZ011 - any day will do
        last = first + timedelta(days=29)
        begun = time.perf_counter()
        (await client.get(f"/ledgers/{ledger}/lines?from={first}&to={last}&{query}")).raise_for_status()
        whole.append(1_000 * (time.perf_counter() - begun))
        since = datetime(first.year, first.month, first.day, tzinfo=UTC)
        begun = time.perf_counter()
        bounds = [first_id_at(moment) for moment in (since, since + timedelta(days=30))]
        await connection.fetch(_BARE_PAGE.format(condition), TENANT, *bounds)
        bare.append(1_000 * (time.perf_counter() - begun))
    p95 = statistics.quantiles(whole, n=20)[-1]
    return {
        "page": name,
        "p50": statistics.median(whole),
        "p95": p95,
        "bare p50": statistics.median(bare),
        "bare p95": statistics.quantiles(bare, n=20)[-1],
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--complaints", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
