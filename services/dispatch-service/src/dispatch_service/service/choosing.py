"""Chooses an officer of a team that gets a case from somebody else than routing: a dispatcher, or the round before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.routing import Point, Team
from dispatch_service.domain.staffing import NOBODY, Assignment, Policy, TeamStaff, choose_within
from dispatch_service.persistence import case_work, rule_sets
from dispatch_service.persistence.staff import WantedTeam, staff_of
from dispatch_service.service.rule_reading import policy_of

Staff = Mapping[str, Mapping[str, TeamStaff]]
"""By tenant and code of the team."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who of a team gets a case, with the skill that its routing has asked for."""

    assignment: Assignment
    skill: str | None

    def explanation(self) -> Mapping[str, object]:
        """Return what is kept with the case of the choice."""
        return {**self.assignment.explanation(), **({} if self.skill is None else {"skill": self.skill})}


async def staff_for(
    connection: AsyncConnection, wanted: Collection[tuple[str, str]], policies: Mapping[str, Policy], now: datetime
) -> Staff:
    """Return the staff of the teams `wanted` (tenant and code), in two statements; `policies` are by tenant."""
    teams = [
        WantedTeam(tenant, team, timedelta(minutes=policies[tenant].position_minutes))
        for tenant, team in sorted(wanted)
    ]
    return await staff_of(connection, teams, now)


def chosen_of(
    staff: Staff, tenant: str, policy: Policy, team: Team, *, skill: str | None, point: Point | None
) -> Chosen:
    """Return who of a team gets a case."""
    present = staff.get(tenant, {}).get(team.code, NOBODY)
    return Chosen(choose_within(policy, present, team, skill, point), skill)


async def choose(connection: AsyncConnection, case: Case, team: Team, now: datetime) -> Chosen:
    """Return who of a team gets a locked case."""
    policy = policy_of((await rule_sets.policies(connection, [case.tenant])).get(case.tenant))
    staff = await staff_for(connection, [(case.tenant, team.code)], {case.tenant: policy}, now)
    work = await case_work.read(connection, case)
    return chosen_of(staff, case.tenant, policy, team, skill=work.skill, point=work.point)
