"""Adds what entries have changed to the roll-ups and the details, in one statement a batch."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import KINDS, ROLLED_UP, TERMS, WITH_WORK, Cube, Grain, Kind
from ledger_service.domain.durations import STEPS
from ledger_service.domain.marks import DURATION_WIDTH, EPOCH, FIRST_DURATION, QUARTER_HOUR
from ledger_service.domain.tally import Counter
from ledger_service.persistence.statistics_details import insert_details
from ledger_service.persistence.statistics_making import take_turn
from ledger_service.persistence.statistics_tables import DIMENSIONS, IDS

_COUNTERS = tuple(counter.name.lower() for counter in Counter)
_KEY = ", ".join(("tenant", "cube", "grain", "period", *IDS, "exclusions"))
_NAMES = ", ".join(DIMENSIONS)
_UNITS = {Grain.MONTH: "month", Grain.YEAR: "year"}
DAY_OF_MARK = (
    f"CAST((TIMESTAMPTZ '{EPOCH:%Y-%m-%dT%H:%MZ}' + (mark >> 8) * INTERVAL '{QUARTER_HOUR} seconds') "
    "AT TIME ZONE :zone AS date)"
)
DAY_OF_RECORDING = "CAST(recorded_at AT TIME ZONE :zone AS date)"
WORK_PLACE = (
    f"(counter - {FIRST_DURATION}) / {DURATION_WIDTH} * {STEPS} + (counter - {FIRST_DURATION}) % {DURATION_WIDTH} + 1"
)
"""Where the count of a step, or of a deed, stands in `steps`, from 1."""


def _column(kind: Kind) -> str:
    return kind.name.lower()


_TERMS = ", ".join(map(_column, TERMS))
_IDS = ", ".join(IDS)
_ONE = "coalesce(officer, unit, category, source, handling_mode, 0)"
_TWO = """
    CASE WHEN coalesce(officer, unit) IS NOT NULL THEN coalesce(category, source, handling_mode, 0)
         WHEN category IS NOT NULL THEN coalesce(source, handling_mode, 0)
         WHEN source IS NOT NULL THEN coalesce(handling_mode, 0) ELSE 0 END
"""
_TIMED = [cube for cube in ROLLED_UP if cube in WITH_WORK]


def _wanted(kind: Kind) -> str:
    """Return the query of the terms of a kind that changes name."""
    names = ", ".join(f"{name if name in TERMS.get(kind, ()) else repr('')} AS {name}" for name in DIMENSIONS)
    return f"SELECT DISTINCT tenant, {kind:d} AS kind, {names} FROM taken"


def _join(kind: Kind) -> str:
    """Return the join that finds the term of a change."""
    term = f"{_column(kind)}_term"
    same = (f"{term}.{name} = taken.{name}" for name in TERMS.get(kind, ()))
    return f"JOIN term AS {term} ON {' AND '.join((f'{term}.kind = {kind:d}', f'{term}.tenant = taken.tenant', *same))}"


def _rolled_up(counted: str, cubes: Collection[Cube], by: str, sums: str) -> str:
    """Return the query that sums up what was counted of days, by cube, and by what else is named."""
    masks = {
        cube: int("".join("01"[kind not in KINDS[cube]] for kind in TERMS), 2)  # a bit for each that is not kept
        for cube in cubes
    }
    sets = ", ".join(f"({', '.join(map(_column, KINDS[cube]))})" for cube in cubes)
    return f"""
        SELECT tenant, CASE GROUPING({_TERMS}) {" ".join(f"WHEN {mask} THEN {cube:d}" for cube, mask in masks.items())}
               END AS cube, {Grain.DAY:d} AS grain, period, {_ONE} AS one, {_TWO} AS two, {by}, {sums}
        FROM {counted} GROUP BY tenant, period, {by}, GROUPING SETS ({sets})
    """


def _coarser(grain: Grain, finer: str, by: str, sums: str) -> str:
    """Return the query that adds up the cells of the next finer grain."""
    begin = f"CAST(date_trunc('{_UNITS[grain]}', CAST(period AS timestamp)) AS date)"
    return f"""
        SELECT tenant, cube, {grain:d} AS grain, {begin} AS period, {_IDS}, {by}, {sums}
        FROM {finer} GROUP BY tenant, cube, {begin}, {_IDS}, {by}
    """


_NAMED = ", ".join(_COUNTERS)
_COUNTS = ", ".join(f"CAST(sum({name}) AS int) AS {name}" for name in _COUNTERS)
_PIVOT = ", ".join(
    f"coalesce(CAST(sum(n) FILTER (WHERE counter = {counter:d}) AS int), 0) AS {counter.name.lower()}"
    for counter in Counter
)
_N = "CAST(sum(n) AS int) AS n"
_ADDED = ", ".join(
    f"{name} = nullif(coalesce(there.{name}, 0) + coalesce(excluded.{name}, 0), 0)" for name in _COUNTERS
)
_GRAINS = "SELECT * FROM {0}_days UNION ALL SELECT * FROM {0}_months UNION ALL SELECT * FROM {0}_years"
_FOLD = sa.text(f"""
    WITH taken AS MATERIALIZED (
        DELETE FROM statistics_change WHERE id <= (
            SELECT max(id) FROM (SELECT id FROM statistics_change ORDER BY id LIMIT :batch) AS oldest)
        RETURNING *
    ), added AS (
        INSERT INTO statistics_term (tenant, kind, {_NAMES})
        SELECT tenant, kind, {_NAMES} FROM ({" UNION ALL ".join(map(_wanted, Kind))}) AS wanted
        EXCEPT SELECT tenant, kind, {_NAMES} FROM statistics_term
        RETURNING *
    ), term AS MATERIALIZED (
        SELECT * FROM statistics_term UNION ALL SELECT * FROM added
    ), marked AS (
        SELECT tenant_term.id AS tenant, {DAY_OF_RECORDING} AS recorded, unnest(marks) AS mark, n, exclusions,
               {", ".join(f"{_column(kind)}_term.id AS {_column(kind)}" for kind in TERMS)}
        FROM taken {" ".join(map(_join, Kind))}
    ), counted AS MATERIALIZED (
        SELECT tenant, recorded, {DAY_OF_MARK} AS period, {_TERMS}, exclusions, mark & 255 AS counter,
               CAST(sum(n) AS int) AS n
        FROM marked GROUP BY tenant, recorded, 3, {_TERMS}, exclusions, mark & 255 HAVING sum(n) <> 0
    ), detailed AS ({insert_details("TABLE counted", is_loose="recorded >= CAST(now() AT TIME ZONE :zone AS date)")}
    ), pivot AS MATERIALIZED (
        SELECT tenant, period, {_TERMS}, exclusions, {_PIVOT} FROM counted WHERE counter < {FIRST_DURATION}
        GROUP BY tenant, period, {_TERMS}, exclusions
    ), timed AS MATERIALIZED (SELECT * FROM counted WHERE counter >= {FIRST_DURATION}
    ), count_days AS MATERIALIZED ({_rolled_up("pivot", ROLLED_UP, "exclusions", _COUNTS)}
    ), count_months AS MATERIALIZED ({_coarser(Grain.MONTH, "count_days", "exclusions", _COUNTS)}
    ), count_years AS ({_coarser(Grain.YEAR, "count_months", "exclusions", _COUNTS)}
    ), time_days AS MATERIALIZED ({_rolled_up("timed", _TIMED, "exclusions, counter", _N)}
    ), time_months AS MATERIALIZED ({_coarser(Grain.MONTH, "time_days", "exclusions, counter", _N)}
    ), time_years AS ({_coarser(Grain.YEAR, "time_months", "exclusions, counter", _N)}
    ), counts AS (
        INSERT INTO statistics_figure AS there ({_KEY}, {_NAMED})
        SELECT {_KEY}, {", ".join(f"nullif({name}, 0)" for name in _COUNTERS)}
        FROM ({_GRAINS.format("count")}) AS cell WHERE 0 <> ANY (ARRAY[{_NAMED}]) ORDER BY {_KEY}
        ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
        RETURNING there.ctid, num_nonnulls({", ".join(f"there.{name}" for name in _COUNTERS)}) > 0 AS counts
    ), times AS (
        INSERT INTO statistics_time AS there ({_KEY}, steps)
        SELECT {_KEY}, statistics_counts(CAST(array_agg({WORK_PLACE}) AS int[]),
                                         CAST(array_agg(n) AS bigint[]), CAST(max({WORK_PLACE}) AS int))
        FROM ({_GRAINS.format("time")}) AS cell WHERE n <> 0 GROUP BY {_KEY}
        ON CONFLICT ({_KEY}) DO UPDATE SET steps = statistics_sum(there.steps, excluded.steps)
        RETURNING there.ctid, 0 <> ANY (there.steps) AS counts
    )
    SELECT (SELECT count(*) FROM taken) AS taken,
           (SELECT array_agg(CAST(ctid AS text)) FROM counts WHERE NOT counts) AS empty,
           (SELECT array_agg(CAST(ctid AS text)) FROM times WHERE NOT counts) AS empty_times
""")
_FORGET = sa.text("DELETE FROM statistics_figure WHERE ctid = ANY (CAST(CAST(:empty AS text[]) AS tid[]))")
_FORGET_TIMES = sa.text("DELETE FROM statistics_time WHERE ctid = ANY (CAST(CAST(:empty AS text[]) AS tid[]))")
_LEFT = sa.text("SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM statistics_change")


async def fold(connection: AsyncConnection, *, zone: str, batch: int) -> int:
    """Add the oldest `batch` changes to what is kept of their days in `zone`, and return how many there were.

    Cells that come to nothing go. Returns 0 where another replica is at it; one at a time can.
    """
    if not await take_turn(connection):
        return 0
    row = (await connection.execute(_FOLD, {"zone": zone, "batch": batch})).one()
    if row.empty:
        await connection.execute(_FORGET, {"empty": row.empty})
    if row.empty_times:
        await connection.execute(_FORGET_TIMES, {"empty": row.empty_times})
    taken: int = row.taken
    return taken


async def oldest_seconds(connection: AsyncConnection) -> float:
    """Return how long the oldest change has waited; 0 where none waits."""
    waited: Any = await connection.scalar(_LEFT)
    return max(0.0, float(waited or 0))
