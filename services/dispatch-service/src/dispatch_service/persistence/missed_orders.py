"""Supervision orders whose deadlines are over without an answer.

Whoever tells of one holds the row of the order and that of its case, as whoever answers or withdraws it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.persistence.clock_tables import ORDER_RUNS
from dispatch_service.persistence.timed_cases import CASE_COLUMNS, case_of

_DUE = sa.text(f"""
    SELECT {CASE_COLUMNS}, id AS order_id, deadline, ordered_by, statement_timestamp() AS now
    FROM supervision_order JOIN dispatch_case USING (tenant, complaint_id)
    WHERE deadline <= statement_timestamp() AND {ORDER_RUNS}
    ORDER BY deadline LIMIT :size FOR UPDATE SKIP LOCKED
""")
_SAVE_CASES = sa.text("""
    UPDATE dispatch_case AS c SET sequence = f.sequence, updated_at = f.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS int[]), CAST(:times AS timestamptz[]))
        AS f (complaint_id, sequence, at)
    WHERE c.complaint_id = f.complaint_id
""")
_SAVE_ORDERS = sa.text("""
    UPDATE supervision_order AS o SET missed_at = f.at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS f (id, at) WHERE o.id = f.id
""")
_OLDEST = sa.text(f"""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(deadline)), 0) FROM supervision_order
    WHERE deadline <= statement_timestamp() AND {ORDER_RUNS}
""")


@dataclass(frozen=True, slots=True)
class MissedOrder:
    """An order whose deadline is over at `now`, as with timers. Orders about one case share it."""

    case: Case
    order_id: UUID
    deadline: datetime
    ordered_by: str
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[MissedOrder]:
    """Return up to `size` such orders, the longest over first, locked with their cases; others' are left to them."""
    cases: dict[UUID, Case] = {}
    due = []
    for row in await connection.execute(_DUE, {"size": size}):
        case = cases.setdefault(row.complaint_id, case_of(row._mapping))
        due.append(MissedOrder(case, row.order_id, row.deadline, row.ordered_by, case.no_earlier(row.now)))
    return due


async def save(connection: AsyncConnection, missed: Sequence[MissedOrder], told: Sequence[MissedOrder]) -> None:
    """Note that locked orders were missed, and write back the cases of those that were told of."""
    orders = {"ids": [each.order_id for each in missed], "times": [each.now for each in missed]}
    await connection.execute(_SAVE_ORDERS, orders)
    await save_cases(connection, [(each.case, each.now) for each in told])


async def save_cases(connection: AsyncConnection, told: Sequence[tuple[Case, datetime]]) -> None:
    """Write back locked cases of which something was told, each once, with when that was."""
    cases = {case.complaint_id: (case.sequence, at) for case, at in told}
    if cases:
        sequences, times = zip(*cases.values(), strict=True)
        await connection.execute(_SAVE_CASES, {"ids": [*cases], "sequences": [*sequences], "times": [*times]})


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest deadline has been over and not told of, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
