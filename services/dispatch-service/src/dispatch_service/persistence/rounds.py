"""Cases that get another round of work."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.routing import Point
from dispatch_service.persistence.case_clocks import CLOCK_COLUMNS, clock_of
from dispatch_service.persistence.explanations import WITH_THE_PRESENT
from dispatch_service.persistence.stale_clocks import StaleClock

_BEGIN = sa.text(f"""
    WITH helping AS (
        UPDATE case_support AS s SET done_at = NULL, done_by = NULL
        FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS again (tenant, complaint_id)
        WHERE s.tenant = again.tenant AND s.complaint_id = again.complaint_id AND s.done_at IS NOT NULL)
    UPDATE dispatch_case AS c
    SET assigned_at = CASE WHEN begun.responsible IS NULL THEN :now ELSE c.assigned_at END,
        accepted_at = NULL, started_at = NULL, resolved_at = NULL, suspended_at = NULL,
        suspended_until = NULL, waiting_since = NULL,
        officer = NULL, assignee = begun.assignee, expected_from = begun.expected_from,
        handling_mode = NULL, result = NULL, photos = '[]',
        start_distance_metres = NULL, far_start = false,
        responsible_team = coalesce(begun.responsible, c.responsible_team),
        earlier_explanations = {WITH_THE_PRESENT}, explanation = CAST(begun.why AS jsonb)
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:explanations AS text[]),
                CAST(:assignees AS text[]), CAST(:expected AS timestamptz[]), CAST(:responsible AS text[]))
        AS begun (case_tenant, case_id, why, assignee, expected_from, responsible)
    WHERE c.complaint_id = begun.case_id AND c.tenant = begun.case_tenant
    RETURNING c.tenant, c.complaint_id, {CLOCK_COLUMNS},
        (SELECT name FROM team WHERE team.tenant = c.tenant AND team.code = c.team) AS team_name,
        ARRAY(SELECT s.team FROM case_support AS s WHERE s.tenant = c.tenant AND s.complaint_id = c.complaint_id
              ORDER BY s.team) AS supporting
""")

_SPOTS = sa.text("""
    SELECT complaint_id, lon, lat, explanation ->> 'skill' AS skill, explanation ? 'held' AS held
    FROM dispatch_case JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS wanted (tenant, complaint_id)
         USING (tenant, complaint_id)
""")


@dataclass(frozen=True, slots=True)
class Spot:
    """What is known of a case: where it is, None where only an address is known."""

    point: Point | None
    skill: str | None
    """The one that its routing has asked for."""
    held: bool
    """Whether it waits at the duty desk since intake suspects it."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A locked case that stays with its team, why, and who of it gets the case, or from when somebody is expected.

    `responsible` answers for one that waits for another team.
    """

    case: Case
    explanation: Mapping[str, object]
    assignee: str | None
    expected_from: datetime | None
    responsible: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A case whose round has begun: what its new clock needs to know, the name of its team, and who helps it."""

    stale: StaleClock
    team_name: str | None
    supporting: tuple[str, ...]


async def spots(connection: AsyncConnection, cases: Sequence[Case]) -> dict[UUID, Spot]:
    """Return where locked cases are, and what they ask for, in one statement."""
    values = {"tenants": [case.tenant for case in cases], "ids": [case.complaint_id for case in cases]}
    return {
        row.complaint_id: Spot(None if row.lon is None or row.lat is None else (row.lon, row.lat), row.skill, row.held)
        for row in await connection.execute(_SPOTS, values)
    }


async def begin(connection: AsyncConnection, beginnings: Sequence[Beginning], now: datetime) -> dict[UUID, Begun]:
    """Forget what was done in the round before, in one statement: entries of the ledger tell it."""
    values = {
        "tenants": [each.case.tenant for each in beginnings],
        "ids": [each.case.complaint_id for each in beginnings],
        "explanations": [json.dumps(each.explanation, ensure_ascii=False) for each in beginnings],
        "assignees": [each.assignee for each in beginnings],
        "expected": [each.expected_from for each in beginnings],
        "responsible": [each.responsible for each in beginnings],
        "now": now,
    }
    rows = await connection.execute(_BEGIN, values)
    those = {each.case.complaint_id: each.case for each in beginnings}
    return {
        row.complaint_id: Begun(
            StaleClock(those[row.complaint_id], now, is_new_round=True, known=clock_of(row._mapping)),
            row.team_name,
            tuple(row.supporting),
        )
        for row in rows
    }
