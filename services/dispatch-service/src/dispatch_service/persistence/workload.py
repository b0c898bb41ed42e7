"""How much open work teams and officers have, in four statements whatever their number."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.standing import OPEN
from dispatch_service.persistence.rows import Row, as_rows

_CHOSEN = """
    tenant = :tenant AND (CAST(:team AS text) IS NULL OR {code} = :team)
    AND (CAST(:community AS text) IS NULL OR {code} IN (
        SELECT code FROM team WHERE tenant = :tenant AND community = :community))
"""
_OPEN = f"status IN ({', '.join(repr(status.value) for status in sorted(OPEN))})"
_STANDS_AT = """
    CASE status WHEN 'suspended' THEN suspended_at ELSE coalesce(waiting_since, CAST(:at AS timestamptz)) END
"""
"""As `domain.standing` says it of open cases."""
_LOADS = sa.text(f"""
    SELECT team, holder AS subject, count(*) AS open,
           count(*) FILTER (WHERE status = 'assigned') AS waiting,
           count(*) FILTER (WHERE warn_at >= stands_at) AS green,
           count(*) FILTER (WHERE warn_at < stands_at AND promised_at >= stands_at) AS yellow,
           count(*) FILTER (WHERE promised_at < stands_at) AS red,
           min(received_at) AS oldest_received_at, min(promised_at) AS earliest_promised_at
    FROM (
        SELECT team, status, warn_at, promised_at, received_at, {_STANDS_AT} AS stands_at,
               CASE WHEN status IN ('accepted', 'in_progress', 'suspended') THEN officer END AS holder
        FROM dispatch_case WHERE {_CHOSEN.format(code="team")} AND {_OPEN}) AS work
    GROUP BY team, holder
""")
_TEAMS = sa.text(f"SELECT code, name, community FROM team WHERE {_CHOSEN.format(code='code')} ORDER BY code")
_MEMBERS = sa.text(f"SELECT team, subject FROM team_member WHERE {_CHOSEN.format(code='team')}")
_ON_DUTY = sa.text(f"""
    SELECT DISTINCT team, subject FROM duty
    WHERE {_CHOSEN.format(code="team")} AND state = 'planned' AND begins_at <= :at AND ends_at > :at
        AND begins_at > CAST(:at AS timestamptz) - interval '1 day' AND clocked_out_at IS NULL
""")


async def read(
    connection: AsyncConnection, tenant: str, at: datetime, *, team: str | None, community: str | None
) -> tuple[Sequence[Row], Sequence[Row], Sequence[Row], Sequence[Row]]:
    """Return the teams by code, their members, who of them is on duty at a moment, and the open cases.

    Open cases are counted by team and by the officer who has them, None for those that nobody has accepted.
    """
    chosen = {"tenant": tenant, "team": team, "community": community}
    teams = as_rows(await connection.execute(_TEAMS, chosen))
    members = as_rows(await connection.execute(_MEMBERS, chosen))
    on_duty = as_rows(await connection.execute(_ON_DUTY, {**chosen, "at": at}))
    return teams, members, on_duty, as_rows(await connection.execute(_LOADS, {**chosen, "at": at}))
