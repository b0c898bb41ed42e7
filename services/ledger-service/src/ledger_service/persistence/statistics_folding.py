"""Adds what entries have changed to the roll-ups, in one statement a batch."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import KEPT, WITH_DURATIONS, Grain
from ledger_service.domain.durations import SIZE, STEPS
from ledger_service.domain.tally import DURATION_WIDTH, EPOCH, FIRST_DURATION, QUARTER_HOUR, Counter
from ledger_service.persistence.statistics_tables import DIMENSIONS

_COUNTERS = tuple(counter.name.lower() for counter in Counter)
_KEY = ("tenant", "cube", "grain", "period", "recorded", *DIMENSIONS, "exclusions")
_UNITS = {Grain.DAY: "day", Grain.MONTH: "month", Grain.YEAR: "year"}
DAY_OF_MARK = (
    f"CAST((TIMESTAMPTZ '{EPOCH:%Y-%m-%dT%H:%MZ}' + (mark >> 8) * INTERVAL '{QUARTER_HOUR} seconds') "
    "AT TIME ZONE :zone AS date)"
)
DAY_OF_RECORDING = "CAST(recorded_at AT TIME ZONE :zone AS date)"
DURATION_PLACE = (
    f"(counter - {FIRST_DURATION}) / {DURATION_WIDTH} * {STEPS} + (counter - {FIRST_DURATION}) % {DURATION_WIDTH} + 1"
)
"""Where the count of a step stands in `durations`, from 1."""


def _cubes() -> str:
    """Return the rows of a table of cubes: which dimensions each keeps, and whether it keeps durations."""
    rows = [
        f"({cube:d}, {', '.join(str(name in kept).upper() for name in DIMENSIONS)}, {cube in WITH_DURATIONS!s})"
        for cube, kept in KEPT.items()
    ]
    return ", ".join(rows)


_FOLD = sa.text(f"""
    WITH taken AS (
        DELETE FROM statistics_change WHERE id IN (SELECT id FROM statistics_change ORDER BY id LIMIT :batch)
        RETURNING *
    ), counted AS (
        SELECT tenant, {DAY_OF_RECORDING} AS recorded, {DAY_OF_MARK} AS day, mark & 255 AS counter,
               {", ".join(DIMENSIONS)}, exclusions, sum(n) AS n
        FROM taken CROSS JOIN unnest(marks) AS mark
        GROUP BY tenant, recorded, day, counter, {", ".join(DIMENSIONS)}, exclusions
        HAVING sum(n) <> 0
    ), spread AS (
        SELECT tenant, cube, grain, CAST(date_trunc(unit, CAST(day AS timestamp)) AS date) AS period,
               CAST(date_trunc(unit, CAST(recorded AS timestamp)) AS date) AS recorded,
               {", ".join(f"CASE WHEN keeps_{name} THEN {name} ELSE '' END AS {name}" for name in DIMENSIONS)},
               exclusions, counter, sum(n) AS n
        FROM counted
        CROSS JOIN (VALUES {", ".join(f"({grain:d}, '{unit}')" for grain, unit in _UNITS.items())}) AS g(grain, unit)
        JOIN (VALUES {_cubes()}) AS c(cube, {", ".join(f"keeps_{name}" for name in DIMENSIONS)}, keeps_durations)
            ON keeps_durations OR counter < {FIRST_DURATION}
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
        HAVING sum(n) <> 0
    ), cells AS (
        SELECT {", ".join(_KEY)},
               {", ".join(f"coalesce(sum(n) FILTER (WHERE counter = {counter:d}), 0)" for counter in Counter)},
               CASE WHEN max(counter) >= {FIRST_DURATION} THEN statistics_counts(
                   CAST(array_agg({DURATION_PLACE}) FILTER (WHERE counter >= {FIRST_DURATION}) AS int[]),
                   CAST(array_agg(n) FILTER (WHERE counter >= {FIRST_DURATION}) AS bigint[]), {SIZE}) END
        FROM spread GROUP BY {", ".join(_KEY)}
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
_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('statistics_folding'))")
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
