"""Cases that get another round of work."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import AssignedBy
from dispatch_service.domain.case import Case
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, clock_of
from dispatch_service.persistence.stale_clocks import StaleClock

_BEGIN = sa.text(f"""
    UPDATE dispatch_case AS c
    SET assigned_at = :now, accepted_at = NULL, started_at = NULL, resolved_at = NULL, suspended_at = NULL,
        officer = NULL, assignee = NULL, expected_from = NULL, handling_mode = NULL, result = NULL, photos = '[]',
        start_distance_metres = NULL, far_start = false, explanation = CAST(begun.explanation AS jsonb)
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:explanations AS text[]))
        AS begun (case_tenant, case_id, explanation)
    WHERE c.complaint_id = begun.case_id AND c.tenant = begun.case_tenant
    RETURNING c.tenant, c.complaint_id, {CLOCK_COLUMNS},
        (SELECT name FROM team WHERE team.tenant = c.tenant AND team.code = c.team) AS team_name,
        ARRAY(SELECT s.team FROM case_support AS s WHERE s.tenant = c.tenant AND s.complaint_id = c.complaint_id
              ORDER BY s.team) AS supporting
""")


@dataclass(frozen=True, slots=True)
class Begun:
    """A case whose round has begun: what its new clock needs to know, the name of its team, and who helps it."""

    stale: StaleClock
    team_name: str | None
    supporting: tuple[str, ...]


async def begin(
    connection: AsyncConnection, cases: Sequence[tuple[Case, AssignedBy]], now: datetime
) -> dict[UUID, Begun]:
    """Forget what was done in the round before, in one statement: entries of the ledger tell it.

    The cases are locked and stay with their teams; each comes with the reason for its round.
    """
    values = {
        "tenants": [case.tenant for case, _ in cases],
        "ids": [case.complaint_id for case, _ in cases],
        "explanations": [_explain(case, reason) for case, reason in cases],
        "now": now,
    }
    rows = await connection.execute(_BEGIN, values)
    those = {case.complaint_id: case for case, _ in cases}
    return {
        row.complaint_id: Begun(
            StaleClock(those[row.complaint_id], now, is_new_round=True, known=clock_of(row._mapping)),
            row.team_name,
            tuple(row.supporting),
        )
        for row in rows
    }


def _explain(case: Case, reason: AssignedBy) -> str:
    facts = {"rule": reason, "grid": case.grid, "team": case.team, "round": case.round}
    return json.dumps(facts, ensure_ascii=False)
