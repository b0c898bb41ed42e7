"""Timers: the moment at which a case reaches its next level is a column of the case itself.

So whoever fires a timer holds the case's row, which decides every race: a case is escalated once for each level, and
never after its work has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, clock_of
from dispatch_service.persistence.clock_tables import AT_WORK
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of
from eventbus.driver import Statement

_DUE = sa.text(f"""
    SELECT {CASE_COLUMNS}, {CLOCK_COLUMNS}, statement_timestamp() AS now,
           CASE status WHEN 'transferred' THEN (
               SELECT department FROM case_transfer
               WHERE case_transfer.complaint_id = dispatch_case.complaint_id AND state = 'open') END AS department
    FROM dispatch_case
    WHERE timer_at <= statement_timestamp() AND {AT_WORK} AND waiting_since IS NULL
    ORDER BY timer_at LIMIT :size FOR UPDATE OF dispatch_case SKIP LOCKED
""")
_SAVE = Statement("""
    UPDATE dispatch_case AS c
    SET sequence = f.sequence, escalated = f.escalated, timer_at = f.timer_at,
        updated_at = CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS int[]), CAST(:levels AS smallint[]),
                CAST(:timers AS timestamptz[]))
        AS f (complaint_id, sequence, escalated, timer_at)
    WHERE c.complaint_id = f.complaint_id
""")
_OLDEST = sa.text(f"""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(timer_at)), 0) FROM dispatch_case
    WHERE timer_at <= statement_timestamp() AND {AT_WORK} AND waiting_since IS NULL
""")


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A case whose time has come, at `now` by the database's clock, which is the same for all replicas."""

    case: Case
    clock: Clock
    department: str | None
    """That has the case at present."""
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[DueTimer]:
    """Return up to `size` cases whose timers are due, the longest due first, locked; others' are left to them."""
    due = []
    for row in await connection.execute(_DUE, {"size": size}):
        clock = clock_of(row._mapping).clock
        assert clock is not None  # noqa: S101 - a timer is set with a clock, in one statement
        due.append(DueTimer(case_of(row._mapping), clock, row.department, row.now))
    return due


async def save(connection: AsyncConnection, fired: Sequence[DueTimer]) -> None:
    """Write locked cases back with their clocks, in one statement."""
    await _SAVE.fetch(
        connection,
        {
            "ids": [each.case.complaint_id for each in fired],
            "sequences": [each.case.sequence for each in fired],
            "levels": [each.clock.escalated for each in fired],
            "timers": [each.clock.timer_at for each in fired],
            "now": fired[0].now,
        },
    )


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest timer has been due, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
