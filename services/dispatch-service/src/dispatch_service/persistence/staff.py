"""Who of a team is on duty at a moment, where they were last, and how much they have to do."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.staffing import Officer, TeamStaff
from dispatch_service.persistence.rule_sets import PLANNED_AHEAD
from dispatch_service.persistence.rule_tables import BUSY
from eventbus.driver import Statement

MOST_COUNTED = 100
"""Open cases of an officer that are counted: who has more counts as having these, as a flood must not slow slices."""

# Days are those of the county's clock, which is at most a day away from UTC's; a duty may have begun the day before.
_ON_DUTY = Statement(f"""
    SELECT duty.tenant, duty.team, duty.subject, latest.lon, latest.lat, officer.skills,
           (SELECT count(*) FROM (
                SELECT FROM dispatch_case AS c WHERE c.tenant = duty.tenant AND c.assignee = duty.subject AND {BUSY}
                LIMIT {MOST_COUNTED}) AS open_case) AS open_cases
    FROM unnest(CAST(:tenants AS text[]), CAST(:teams AS text[]), CAST(:since AS timestamptz[]))
        AS wanted (tenant, team, since)
    JOIN duty ON duty.tenant = wanted.tenant AND duty.team = wanted.team AND duty.state = 'planned'
        AND duty.day BETWEEN CAST(:today AS date) - 2 AND CAST(:today AS date) + 1
        AND duty.begins_at <= CAST(:now AS timestamptz) AND duty.ends_at > CAST(:now AS timestamptz)
        AND duty.clocked_out_at IS NULL
    JOIN team_member AS member ON member.tenant = duty.tenant AND member.team = duty.team
        AND member.subject = duty.subject
    LEFT JOIN LATERAL (
        SELECT lon, lat FROM position
        WHERE position.tenant = duty.tenant AND position.subject = duty.subject
          AND at BETWEEN wanted.since AND CAST(:now AS timestamptz) ORDER BY at DESC LIMIT 1) AS latest ON true
    LEFT JOIN officer ON officer.tenant = duty.tenant AND officer.subject = duty.subject
    ORDER BY duty.tenant, duty.team, duty.subject
""")
_NEXT_SHIFT = Statement("""
    SELECT wanted.tenant, wanted.team, min(duty.begins_at) AS begins_at
    FROM unnest(CAST(:tenants AS text[]), CAST(:teams AS text[])) AS wanted (tenant, team)
    JOIN duty ON duty.tenant = wanted.tenant AND duty.team = wanted.team AND duty.state = 'planned'
        AND duty.day BETWEEN CAST(:today AS date) - 1 AND CAST(:last AS date)
        AND duty.begins_at > CAST(:now AS timestamptz)
    JOIN team_member AS member ON member.tenant = duty.tenant AND member.team = duty.team
        AND member.subject = duty.subject
    GROUP BY wanted.tenant, wanted.team
""")


class WantedTeam(NamedTuple):
    """A team, and how fresh the positions of its members have to be."""

    tenant: str
    team: str
    position_for: timedelta


async def staff_of(
    connection: AsyncConnection, wanted: Collection[WantedTeam], now: datetime
) -> Mapping[str, Mapping[str, TeamStaff]]:
    """Return the staff of the teams by tenant and code, in two statements at most; a team without a roster is left out.

    A duty of somebody who has left the team counts no more. The next shift is that of teams with nobody on duty.
    """
    moment = {"now": now, "today": now.date()}
    since = [now - each.position_for for each in wanted]
    on_duty: dict[tuple[str, str], list[Officer]] = defaultdict(list)
    for row in await _ON_DUTY.fetch(connection, {**_columns(wanted), **moment, "since": since}):
        position = None if row["lon"] is None else (row["lon"], row["lat"])
        officer = Officer(row["subject"], frozenset(row["skills"] or ()), position, row["open_cases"])
        on_duty[row["tenant"], row["team"]].append(officer)
    staff: dict[str, dict[str, TeamStaff]] = defaultdict(dict)
    for (tenant, team), officers in on_duty.items():
        staff[tenant][team] = TeamStaff(officers)
    off_duty = [each for each in wanted if (each.tenant, each.team) not in on_duty]
    if off_duty:
        last = (now + PLANNED_AHEAD).date()
        for row in await _NEXT_SHIFT.fetch(connection, {**_columns(off_duty), **moment, "last": last}):
            staff[row["tenant"]][row["team"]] = TeamStaff(next_shift=row["begins_at"])
    return staff


def _columns(teams: Collection[WantedTeam]) -> dict[str, list[str]]:
    return {"tenants": [each.tenant for each in teams], "teams": [each.team for each in teams]}
