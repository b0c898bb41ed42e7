"""Supervision orders that are given by rule, many at a time.

An index lets a round of a case have one of each level: whoever gives it again, after whatever, gives none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.stage_times import Level
from dispatch_service.domain.supervision import RULE_ACTOR
from eventbus.driver import Statement

_GIVE = Statement("""
    INSERT INTO supervision_order (id, tenant, complaint_id, case_round, level, text, deadline, ordered_by, ordered_at)
    SELECT id, tenant, complaint, round, level, text, deadline, CAST(:ordered_by AS text), ordered_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tenants AS text[]), CAST(:complaints AS uuid[]), CAST(:rounds AS int[]),
                CAST(:levels AS smallint[]), CAST(:texts AS text[]), CAST(:deadlines AS timestamptz[]),
                CAST(:times AS timestamptz[]))
        AS f (id, tenant, complaint, round, level, text, deadline, ordered_at)
    ON CONFLICT (complaint_id, case_round, level) WHERE level IS NOT NULL DO NOTHING
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class AutomaticOrder:
    """An order about a locked case, for a level of the time to resolve it."""

    id: UUID
    case: Case
    level: Level
    text: str
    deadline: datetime
    ordered_at: datetime


async def give(connection: AsyncConnection, orders: Sequence[AutomaticOrder]) -> set[UUID]:
    """Store orders in one statement, but for those whose case has had one of the level in its round.

    Returns the ids of those that are stored.
    """
    rows = await _GIVE.fetch(
        connection,
        {
            "ids": [each.id for each in orders],
            "tenants": [each.case.tenant for each in orders],
            "complaints": [each.case.complaint_id for each in orders],
            "rounds": [each.case.round for each in orders],
            "levels": [each.level for each in orders],
            "texts": [each.text for each in orders],
            "deadlines": [each.deadline for each in orders],
            "times": [each.ordered_at for each in orders],
            "ordered_by": RULE_ACTOR,
        },
    )
    return {row["id"] for row in rows}
