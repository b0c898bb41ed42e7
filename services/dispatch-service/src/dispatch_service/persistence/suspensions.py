"""Suspended cases whose time aside is over.

Until when is a column of the case, so whoever brings one back holds its row, as with the timers of clocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_DUE = sa.text(f"""
    SELECT {CASE_COLUMNS}, asked.*,
           CASE WHEN suspended_until > suspended_at THEN suspended_until END AS until, statement_timestamp() AS now
    FROM dispatch_case CROSS JOIN LATERAL (
        SELECT id AS request_id, reason, asked_by, decided_by FROM case_request AS r
        WHERE r.complaint_id = dispatch_case.complaint_id AND r.tenant = dispatch_case.tenant
          AND kind = 'suspension' AND state = 'approved'
        ORDER BY decided_at DESC LIMIT 1) AS asked
    WHERE status = 'suspended' AND (suspended_until IS NULL OR suspended_until <= statement_timestamp())
    ORDER BY suspended_until NULLS FIRST LIMIT :size FOR UPDATE OF dispatch_case SKIP LOCKED
""")
_OLDEST = sa.text("""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(suspended_until)), 0) FROM dispatch_case
    WHERE suspended_until <= statement_timestamp() AND status = 'suspended'
""")


@dataclass(frozen=True, slots=True)
class DueSuspension:
    """A suspended case that is to come back since `until`; None where the version before has set no end of its own.

    The rest is of the suspension: why, who has asked for it, and who has approved it. `now` is as with timers.
    """

    case: Case
    until: datetime | None
    request_id: UUID
    reason: str
    asked_by: str
    decided_by: str
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[DueSuspension]:
    """Return up to `size` such cases, the longest over first, locked; others' are left to them."""
    due = []
    for row in await connection.execute(_DUE, {"size": size}):
        case = case_of(row._mapping)
        facts = (row.until, row.request_id, row.reason, row.asked_by, row.decided_by)
        due.append(DueSuspension(case, *facts, case.no_earlier(row.now)))
    return due


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest suspension has been over and its case not back, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
