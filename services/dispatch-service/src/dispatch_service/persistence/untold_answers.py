"""Supervision orders that were answered at a replica of the version before, which tells of no answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.persistence import missed_orders
from dispatch_service.persistence.clock_tables import ANSWER_UNTOLD
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_UNTOLD = sa.text(f"""
    SELECT {CASE_COLUMNS}, id AS order_id, deadline, reply, replied_by, replied_at, statement_timestamp() AS now
    FROM supervision_order JOIN dispatch_case USING (tenant, complaint_id)
    WHERE {ANSWER_UNTOLD} ORDER BY replied_at LIMIT :size FOR UPDATE SKIP LOCKED
""")
_SAVE = sa.text("UPDATE supervision_order SET answer_told = true WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class UntoldAnswer:
    """The answer to an order. Orders about one case share it."""

    case: Case
    order_id: UUID
    deadline: datetime
    text: str
    replied_by: str
    replied_at: datetime
    now: datetime
    """As with timers."""


async def lock(connection: AsyncConnection, size: int) -> Sequence[UntoldAnswer]:
    """Return up to `size` of them, the oldest first, locked with their cases; others' are left to them."""
    cases: dict[UUID, Case] = {}
    answers = []
    for row in await connection.execute(_UNTOLD, {"size": size}):
        case = cases.setdefault(row.complaint_id, case_of(row._mapping))
        said = (row.reply, row.replied_by, row.replied_at)
        answers.append(UntoldAnswer(case, row.order_id, row.deadline, *said, case.no_earlier(row.now)))
    return answers


async def save(connection: AsyncConnection, answers: Sequence[UntoldAnswer], told: Sequence[UntoldAnswer]) -> None:
    """Note that locked answers are dealt with, and write back the cases of those that were told of."""
    await connection.execute(_SAVE, {"ids": [each.order_id for each in answers]})
    await missed_orders.save_cases(connection, [(each.case, each.now) for each in told])
