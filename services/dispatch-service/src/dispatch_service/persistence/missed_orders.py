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
    UPDATE dispatch_case AS c SET sequence = f.sequence, updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS int[])) AS f (complaint_id, sequence)
    WHERE c.complaint_id = f.complaint_id
""")
_SAVE_ORDERS = sa.text("UPDATE supervision_order SET missed_at = :now WHERE id = ANY(CAST(:ids AS uuid[]))")
_OLDEST = sa.text(f"""
    SELECT coalesce(extract(epoch FROM statement_timestamp() - min(deadline)), 0) FROM supervision_order
    WHERE deadline <= statement_timestamp() AND {ORDER_RUNS}
""")


@dataclass(frozen=True, slots=True)
class MissedOrder:
    """An order whose deadline is over at `now`, by the database's clock. Orders about one case share it."""

    case: Case
    order_id: UUID
    deadline: datetime
    ordered_by: str
    now: datetime


async def lock_due(connection: AsyncConnection, size: int) -> Sequence[MissedOrder]:
    """Return up to `size` such orders, the longest over first, locked with their cases; others' are left to them."""
    cases: dict[UUID, Case] = {}
    return [
        MissedOrder(
            cases.setdefault(row.complaint_id, case_of(row._mapping)),
            row.order_id,
            row.deadline,
            row.ordered_by,
            row.now,
        )
        for row in await connection.execute(_DUE, {"size": size})
    ]


async def save(connection: AsyncConnection, missed: Sequence[MissedOrder], told: Sequence[MissedOrder]) -> None:
    """Note that locked orders were missed, and write back the cases of those that were told of."""
    now = missed[0].now
    await connection.execute(_SAVE_ORDERS, {"ids": [each.order_id for each in missed], "now": now})
    await save_cases(connection, [each.case for each in told], now)


async def save_cases(connection: AsyncConnection, cases: Sequence[Case], now: datetime) -> None:
    """Write back locked cases of which something was told, each once."""
    sequences = {case.complaint_id: case.sequence for case in cases}
    if sequences:
        await connection.execute(_SAVE_CASES, {"ids": [*sequences], "sequences": [*sequences.values()], "now": now})


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return for how long the oldest deadline has been over and not told of, 0 where none is."""
    return float((await connection.execute(_OLDEST)).scalar_one())
