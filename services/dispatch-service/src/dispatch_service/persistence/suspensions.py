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
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, CaseClock, clock_of
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_DUE = sa.text(f"""
    SELECT {CASE_COLUMNS}, {CLOCK_COLUMNS}, asked.*,
           CASE WHEN suspended_until > suspended_at THEN suspended_until END AS until, statement_timestamp() AS now
    FROM dispatch_case CROSS JOIN LATERAL (
        SELECT id AS request_id, reason, asked_by, decided_by FROM case_request AS r
        WHERE r.complaint_id = dispatch_case.complaint_id AND r.tenant = dispatch_case.tenant
          AND kind = 'suspension' AND state = 'approved'
        ORDER BY decided_at DESC LIMIT 1) AS asked
    WHERE status = 'suspended' AND (suspended_until IS NULL OR suspended_until <= statement_timestamp())
    ORDER BY suspended_until NULLS FIRST LIMIT :size FOR UPDATE OF dispatch_case SKIP LOCKED
""")
_SAVE = sa.text("""
    UPDATE dispatch_case AS c
    SET status = f.status, version = f.version, sequence = f.sequence, updated_at = f.at,
        suspended_at = NULL, suspended_until = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:versions AS int[]), CAST(:sequences AS int[]),
                CAST(:times AS timestamptz[]))
        AS f (complaint_id, status, version, sequence, at)
    WHERE c.complaint_id = f.complaint_id
""")
_LAPSE = sa.text("""
    UPDATE case_request AS r SET lapsed_at = f.at
    FROM unnest(CAST(:requests AS uuid[]), CAST(:times AS timestamptz[])) AS f (id, at) WHERE r.id = f.id
""")
_ANSWER = sa.text("""
    UPDATE case_request AS r SET state = 'dropped', decided_at = f.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS f (complaint_id, at)
    WHERE r.complaint_id = f.complaint_id AND r.kind = 'resumption' AND r.state = 'open'
""")
_SET_ENDS = sa.text("""
    UPDATE dispatch_case AS c SET suspended_until = f.until, updated_at = f.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS timestamptz[]), CAST(:times AS timestamptz[]))
        AS f (complaint_id, until, at)
    WHERE c.complaint_id = f.complaint_id
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
    known: CaseClock
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
        due.append(DueSuspension(case, clock_of(row._mapping), *facts, case.no_earlier(row.now)))
    return due


async def save(connection: AsyncConnection, back: Sequence[DueSuspension]) -> None:
    """Write locked cases that came back, but for their clocks; who asked for that is answered with it.

    A constant number of statements.
    """
    ids, times = [each.case.complaint_id for each in back], [each.now for each in back]
    cases = {
        "ids": ids,
        "statuses": [each.case.status.value for each in back],
        "versions": [each.case.version for each in back],
        "sequences": [each.case.sequence for each in back],
        "times": times,
    }
    await connection.execute(_SAVE, cases)
    await connection.execute(_LAPSE, {"requests": [each.request_id for each in back], "times": times})
    await connection.execute(_ANSWER, {"ids": ids, "times": times})


async def set_ends(connection: AsyncConnection, ends: Sequence[tuple[DueSuspension, datetime]]) -> None:
    """Note until when locked cases stay aside that had no end."""
    values = {
        "ids": [each.case.complaint_id for each, _ in ends],
        "ends": [end for _, end in ends],
        "times": [each.now for each, _ in ends],
    }
    await connection.execute(_SET_ENDS, values)


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest suspension has been over and its case not back, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
