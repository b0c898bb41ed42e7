"""Orders of rectification whose time is over.

Until when is a column of the case, so whoever tells of it holds the case's row, as with the timers of clocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_DUE = sa.text(f"""
    SELECT {CASE_COLUMNS}, rectify_until, statement_timestamp() AS now FROM dispatch_case
    WHERE rectify_until <= statement_timestamp() AND reinspection = 'ordered' AND status = 'in_progress'
    ORDER BY rectify_until LIMIT :size FOR UPDATE SKIP LOCKED
""")
_SAVE = sa.text("""
    WITH told AS (
        UPDATE dispatch_case AS c
        SET sequence = f.sequence, reinspection = 'due', updated_at = f.at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS int[]), CAST(:times AS timestamptz[]))
            AS f (complaint_id, sequence, at)
        WHERE c.complaint_id = f.complaint_id
        RETURNING c.complaint_id, c.round, c.updated_at)
    UPDATE case_rectification SET announced_at = told.updated_at
    FROM told
    WHERE case_rectification.complaint_id = told.complaint_id AND case_rectification.round = told.round
      AND passed IS NULL
""")
_OLDEST = sa.text("""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(rectify_until)), 0) FROM dispatch_case
    WHERE rectify_until <= statement_timestamp() AND reinspection = 'ordered' AND status = 'in_progress'
""")


@dataclass(frozen=True, slots=True)
class DueInspection:
    """A case that has to be looked at again since `until`; `now` is as with timers."""

    case: Case
    until: datetime
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[DueInspection]:
    """Return up to `size` cases whose time is over, the longest first, locked; others' are left to them."""
    due = []
    for row in await connection.execute(_DUE, {"size": size}):
        case = case_of(row._mapping)
        due.append(DueInspection(case, row.rectify_until, case.no_earlier(row.now)))
    return due


async def save(connection: AsyncConnection, told: Sequence[DueInspection]) -> None:
    """Write locked cases back, and note in their orders that they were told of, in one statement."""
    await connection.execute(
        _SAVE,
        {
            "ids": [each.case.complaint_id for each in told],
            "sequences": [each.case.sequence for each in told],
            "times": [each.now for each in told],
        },
    )


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest order has been over and not told of, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
