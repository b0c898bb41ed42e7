"""Cases that come in with their result, a slice at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.routing import Team

_TEAMS = sa.text("""
    SELECT wanted.tenant, wanted.subject, min(team.code) AS code, min(team.name) AS name
    FROM unnest(CAST(:tenants AS text[]), CAST(:subjects AS text[])) AS wanted (tenant, subject)
    JOIN team_member USING (tenant, subject)
    JOIN team ON team.tenant = team_member.tenant AND team.code = team_member.team
    GROUP BY wanted.tenant, wanted.subject HAVING count(*) = 1
""")
_SAVE = sa.text("""
    WITH h AS (
        SELECT * FROM unnest(
            CAST(:complaint_id AS uuid[]), CAST(:tenant AS text[]), CAST(:team AS text[]), CAST(:officer AS text[]),
            CAST(:events AS int[]), CAST(:started_at AS timestamptz[]), CAST(:handling_mode AS text[]),
            CAST(:result AS text[]), CAST(:photos AS text[])
        ) AS given (complaint_id, tenant, team, officer, events, started_at, handling_mode, result, photos)),
    released AS (
        DELETE FROM case_support AS s USING h
        WHERE s.complaint_id = h.complaint_id AND s.tenant = h.tenant AND s.team = h.team)
    UPDATE dispatch_case AS c
    SET status = 'resolved', version = h.events, sequence = h.events, team = h.team, officer = h.officer,
        explanation = c.explanation || jsonb_build_object('rule', 'self_handled', 'team', h.team, 'officer', h.officer)
            || CASE WHEN jsonb_exists(c.explanation, 'supporting')
                    THEN jsonb_build_object('supporting', (c.explanation -> 'supporting') - h.team) ELSE '{}' END,
        accepted_at = :now, started_at = h.started_at, resolved_at = :now, handling_mode = h.handling_mode,
        result = h.result, photos = CAST(h.photos AS jsonb), updated_at = :now
    FROM h WHERE c.complaint_id = h.complaint_id AND c.tenant = h.tenant
""")


class Handled(NamedTuple):
    """What was done about a case, by whom; `events` counts what was published about it."""

    complaint_id: UUID
    tenant: str
    team: str
    officer: str
    events: int
    started_at: datetime
    handling_mode: str
    result: str
    photos: str
    """JSON, as a case's column has them."""


async def only_teams(connection: AsyncConnection, workers: Collection[tuple[str, str]]) -> dict[tuple[str, str], Team]:
    """Return the team of each of the `workers` (tenant and subject) who is a member of exactly one."""
    values = {"tenants": [tenant for tenant, _ in workers], "subjects": [subject for _, subject in workers]}
    rows = await connection.execute(_TEAMS, values)
    return {(row.tenant, row.subject): Team(row.code, row.name) for row in rows}


async def save(connection: AsyncConnection, handled: Sequence[Handled], now: datetime) -> None:
    """Write what was done about cases that have just been inserted, in one statement; who did it supports nobody."""
    if handled:
        columns = {name: [getattr(each, name) for each in handled] for name in Handled._fields}
        await connection.execute(_SAVE, {**columns, "now": now})
