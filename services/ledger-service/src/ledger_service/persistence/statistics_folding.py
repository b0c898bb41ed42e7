"""Adds what entries have changed to the roll-ups, in one statement a batch."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import KEPT, WITH_DURATIONS, Cube, Grain
from ledger_service.domain.durations import SIZE, STEPS
from ledger_service.domain.tally import DURATION_WIDTH, EPOCH, FIRST_DURATION, QUARTER_HOUR, Counter
from ledger_service.persistence.statistics_tables import DIMENSIONS

_COUNTERS = tuple(counter.name.lower() for counter in Counter)
_KEY = ("tenant", "cube", "grain", "period", "recorded", *DIMENSIONS, "exclusions")
_UNITS = {Grain.MONTH: "month", Grain.YEAR: "year"}
DAY_OF_MARK = (
    f"CAST((TIMESTAMPTZ '{EPOCH:%Y-%m-%dT%H:%MZ}' + (mark >> 8) * INTERVAL '{QUARTER_HOUR} seconds') "
    "AT TIME ZONE :zone AS date)"
)
DAY_OF_RECORDING = "CAST(recorded_at AT TIME ZONE :zone AS date)"
DURATION_PLACE = (
    f"(counter - {FIRST_DURATION}) / {DURATION_WIDTH} * {STEPS} + (counter - {FIRST_DURATION}) % {DURATION_WIDTH} + 1"
)
"""Where the count of a step stands in `durations`, from 1."""


_NAMES = ", ".join(DIMENSIONS)
_FULL = ", ".join(f"{cube:d}" for cube in Cube if cube not in WITH_DURATIONS)


def _mask(cube: Cube) -> int:
    """Return what GROUPING over all dimensions is where those of `cube` are kept: a bit for each that is not."""
    return int("".join("01"[name not in KEPT[cube]] for name in DIMENSIONS), 2)


def _coarser(grain: Grain, finer: str) -> str:
    """Return the statement that adds up the cells of the next finer grain."""
    unit = _UNITS[grain]
    return f"""
        SELECT tenant, cube, {grain:d} AS grain,
               CAST(date_trunc('{unit}', CAST(period AS timestamp)) AS date) AS period,
               CAST(date_trunc('{unit}', CAST(recorded AS timestamp)) AS date) AS recorded,
               {_NAMES}, exclusions, counter, sum(n) AS n
        FROM {finer} GROUP BY 1, 2, 3, 4, 5, {_NAMES}, exclusions, counter
    """


_FOLD = sa.text(f"""
    WITH taken AS (
        DELETE FROM statistics_change WHERE id IN (SELECT id FROM statistics_change ORDER BY id LIMIT :batch)
        RETURNING *
    ), counted AS (
        SELECT tenant, {DAY_OF_RECORDING} AS recorded, {DAY_OF_MARK} AS period, mark & 255 AS counter,
               {_NAMES}, exclusions, sum(n) AS n
        FROM taken CROSS JOIN unnest(marks) AS mark
        GROUP BY 1, 2, 3, 4, {_NAMES}, exclusions HAVING sum(n) <> 0
    ), grouped AS (
        SELECT tenant,
               CASE GROUPING({_NAMES}) {" ".join(f"WHEN {_mask(cube)} THEN {cube:d}" for cube in Cube)} END AS cube,
               period, recorded, {", ".join(f"coalesce({name}, '') AS {name}" for name in DIMENSIONS)},
               exclusions, counter, sum(n) AS n
        FROM counted
        GROUP BY tenant, recorded, period, counter, exclusions,
                 GROUPING SETS ({", ".join(f"({', '.join(kept)})" for kept in KEPT.values())})
    ), days AS (
        SELECT tenant, cube, {Grain.DAY:d} AS grain, period, recorded, {_NAMES}, exclusions, counter, n
        FROM grouped WHERE counter < {FIRST_DURATION} OR cube NOT IN ({_FULL})
    ), months AS ({_coarser(Grain.MONTH, "days")}), years AS ({_coarser(Grain.YEAR, "months")}), cells AS (
        SELECT {", ".join(_KEY)},
               {", ".join(f"coalesce(sum(n) FILTER (WHERE counter = {counter:d}), 0)" for counter in Counter)},
               CASE WHEN max(counter) >= {FIRST_DURATION} THEN statistics_counts(
                   CAST(array_agg({DURATION_PLACE}) FILTER (WHERE counter >= {FIRST_DURATION}) AS int[]),
                   CAST(array_agg(n) FILTER (WHERE counter >= {FIRST_DURATION}) AS bigint[]), {SIZE}) END
        FROM (SELECT * FROM days UNION ALL SELECT * FROM months UNION ALL SELECT * FROM years) AS spread
        WHERE n <> 0 GROUP BY {", ".join(_KEY)}
    ), folded AS (
        INSERT INTO statistics_cell AS there ({", ".join(_KEY)}, {", ".join(_COUNTERS)}, durations)
        SELECT * FROM cells
        ON CONFLICT ({", ".join(_KEY)}) DO UPDATE
        SET {", ".join(f"{name} = there.{name} + excluded.{name}" for name in _COUNTERS)},
            durations = statistics_sum(there.durations, excluded.durations)
        RETURNING there.ctid, {" OR ".join(f"there.{name} <> 0" for name in _COUNTERS)}
            OR (there.durations IS NOT NULL AND 0 <> ANY (there.durations)) AS counts
    )
    SELECT (SELECT count(*) FROM taken) AS taken,
           (SELECT array_agg(CAST(ctid AS text)) FROM folded WHERE NOT counts) AS empty
""")
_FORGET = sa.text("DELETE FROM statistics_cell WHERE ctid = ANY (CAST(CAST(:empty AS text[]) AS tid[]))")
_LOCK = sa.text("""
    SELECT pg_try_advisory_xact_lock(hashtext('statistics_folding')), set_config('work_mem', '64MB', true)
""")
_LEFT = sa.text("SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM statistics_change")


async def fold(connection: AsyncConnection, *, zone: str, batch: int) -> int:
    """Add the oldest `batch` changes to the cells of their days in `zone`, and return how many there were.

    Cells that come to nothing go. Returns 0 where another replica is at it; one at a time can.
    """
    if not await connection.scalar(_LOCK):
        return 0
    row = (await connection.execute(_FOLD, {"zone": zone, "batch": batch})).one()
    if row.empty:
        await connection.execute(_FORGET, {"empty": row.empty})
    taken: int = row.taken
    return taken


async def oldest_seconds(connection: AsyncConnection) -> float:
    """Return how long the oldest change has waited; 0 where none waits."""
    waited: Any = await connection.scalar(_LEFT)
    return max(0.0, float(waited or 0))
