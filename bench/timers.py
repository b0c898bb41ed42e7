"""Timers: a backlog of due ones, as after an outage, worked off by several replicas; and what a clock costs.

A backlog is of cases of which one level is due each, of another of which all levels are that a long outage leaves.
With --orders each case gets a supervision order by rule as well.

python -m bench.timers [--timers 100000] [--replicas 3] [--orders] [--json FILE]
"""

import argparse
import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from bench import report
from bench.platform import TENANT, Platform, platform
from dispatch_service.domain.calendars import Calendar
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.limits import Grade
from dispatch_service.service.clockworks import default_limits, limits_of
from dispatch_service.service.holidays import official

_SEED = """
    INSERT INTO dispatch_case (
        complaint_id, tenant, number, status, round, clock_round, version, sequence, team, explanation, category,
        source, proactive, description, received_at, assigned_at, begun_at, updated_at, clock_version, clock_unit,
        clock_budget, accept_by, on_site_by, warn_at, promised_at, twice_at, timer_at,
        accept_warn_at, accept_twice_at, accept_timer_at, on_site_warn_at, on_site_twice_at, on_site_timer_at)
    SELECT gen_random_uuid(), $1, 'T' || n, 'assigned', 1, 1, 1, 1, 'team-08', '{}', 'street_order',
           'resident_app', false, 'a backlog', begun, begun, begun, now(), 2, 'hours',
           '10 h', begun + '2 h', begun + '3 h', begun + '8 h', begun + '10 h', begun + '20 h', begun + '8 h',
           stages + '96 min', stages + '4 h', stages + '96 min',
           stages + '144 min', stages + '6 h', stages + '144 min'
    FROM generate_series(1, $2) AS n CROSS JOIN (SELECT now() - '9 h'::interval AS begun) AS past
         CROSS JOIN LATERAL (SELECT CASE WHEN $3 THEN begun END AS stages) AS told
"""
_ORDERS = """
    INSERT INTO clock_setting (tenant, name, version, content, changed_at, changed_by)
    VALUES ($1, 'supervision_rule', 1,
        '[{"level": 80, "answer_within": {"amount": 1, "unit": "working_days"}}]', now(), 'bench')
"""
_FIRED = "SELECT count(*) FROM outbox WHERE type = 'complaint.escalated'"
_TWICE = """
    SELECT count(*) FROM (
        SELECT FROM outbox WHERE type = 'complaint.escalated'
        GROUP BY aggregateid, payload::json ->> 'limit', payload::json ->> 'level' HAVING count(*) > 1) AS doubled
"""
_DUE = 7
"""80, 100 and 200 % of the limits to accept and to be on site, and 80 % of that to resolve."""
_CATEGORIES = ("street_order.parking", "safety.strung_wires", "construction.sites", None)
_CLOCKS = 20_000


async def main() -> None:
    """Run both parts and print the tables."""
    options = _options()
    clock = _clock()
    report.show("What the clock of a case costs (wanted: 20 µs)", [clock])
    backlogs = []
    for levels in (1, _DUE):
        async with platform() as running:
            backlogs.append(await _backlog(running, options, levels))
    report.show("Backlogs of due timers (wanted: 100,000 in 60 s with three replicas)", backlogs)
    report.write("timers", {"clock": clock, "backlogs": backlogs}, options.json)


def _clock() -> report.Row:
    calendar = Calendar(official)
    work = Clockwork(1, limits_of(default_limits()), calendar.office(), calendar.days())
    now = datetime.now(UTC)
    begun = time.perf_counter()
    work.start(None, Grade.ORDINARY, begun_at=now, assigned_at=now)
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    for number in range(_CLOCKS):
        work.start(_CATEGORIES[number % len(_CATEGORIES)], Grade.ORDINARY, begun_at=now, assigned_at=now)
    each = (time.perf_counter() - begun) / _CLOCKS
    return {"first, ms": first * 1e3, "each, µs": each * 1e6}


async def _backlog(running: Platform, options: argparse.Namespace, levels: int) -> report.Row:
    connection = await asyncpg.connect(running.url("dispatch"))
    cases = -(-options.timers // levels)
    count = cases * levels
    await connection.execute(_SEED, TENANT, cases, levels == _DUE, timeout=300)
    await connection.execute("ANALYZE dispatch_case")
    if options.orders:
        await connection.execute(_ORDERS, TENANT)
    begun = time.perf_counter()
    await asyncio.gather(*(running.serve("dispatch", "relay") for _ in range(options.replicas)))
    while True:
        if await connection.fetchval(_FIRED) >= count:
            break
        await asyncio.sleep(0.25)  # counting takes of what is measured
    seconds = time.perf_counter() - begun
    doubled = await connection.fetchval(_TWICE)
    orders = await connection.fetchval("SELECT count(*) FROM supervision_order")
    await connection.close()
    return {
        "timers": count,
        "cases": cases,
        "orders": orders,
        "replicas": options.replicas,
        "seconds, with their start": seconds,
        "timers/s": count / seconds,
        "fired twice": doubled,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timers", type=int, default=100_000)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--orders", action="store_true")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
