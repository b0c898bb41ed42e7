"""Gives a case to a team: by a dispatcher's decision, with the approval of a return, or after a conference."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import AssignedBy, ComplaintAssigned
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.requests import check_next_unit
from dispatch_service.domain.routing import Team
from dispatch_service.persistence import cases, explanations, requests, support
from dispatch_service.service import choosing, clocking
from dispatch_service.service.acting import Action, announce_action
from dispatch_service.service.clockworks import Clockworks


async def choose(
    connection: AsyncConnection,
    action: Action,
    case: Case,
    team_code: str,
    *,
    clockworks: Clockworks,
    grade: Grade | None = None,
) -> None:
    """Give a locked case to a team that has not returned it in this round.

    Raises UnknownTeam, SupervisorDecides, UnitHasReturned, ActionConflict.
    """
    case.check(EventType.ASSIGNED)
    returned_by = await requests.returned_by(connection, case)
    check_next_unit(team_code, returned_by, is_supervisor=action.is_supervisors)
    await give(connection, action, case, team_code, rule="dispatcher", clockworks=clockworks, grade=grade)


async def give(
    connection: AsyncConnection,
    action: Action,
    case: Case,
    team_code: str,
    *,
    rule: AssignedBy,
    clockworks: Clockworks,
    grade: Grade | None = None,
    field: str = "team",
) -> None:
    """Give a locked case to a team, named as `field`, and say by which rule.

    An officer is chosen as routing does it, but the team keeps the case also while nobody of it is on duty. The
    promised time stands, unless the case gets another `grade`. Raises UnknownTeam, ActionConflict.
    """
    team = await cases.find_team(connection, action.tenant, team_code)
    if team is None:
        raise UnknownTeam(team_code, field)
    case.act(EventType.ASSIGNED)
    chosen = await choosing.choose(connection, case, Team(team.code, team.name), action.now)
    explanation = {"rule": rule, "grid": case.grid, "team": team.code, "from_team": case.team, **chosen.explanation()}
    case.team = team.code
    case.community = case.community or team.community
    clock, times = await clocking.reassign(connection, clockworks, case, grade, action.now)
    await requests.drop_open(connection, case, action.actor, action.now)
    await support.remove(connection, case, team.code)
    facts = {"assigned_at": action.now, **explanations.following(explanation, action.now)}
    who = {"assignee": chosen.assignment.officer, "expected_from": chosen.assignment.expected_from}
    await cases.save(connection, case, action.now, **facts, **who, **times)
    assigned = ComplaintAssigned(
        team=team.code,
        team_name=team.name,
        grid=case.grid,
        community=case.community,
        round=case.round,
        rule=rule,
        officer=chosen.assignment.officer,
        supporting=await support.teams(connection, case) or None,
        note=action.note,
        actor=action.actor,
        **clock.told(),
    )
    await announce_action(connection, case, EventType.ASSIGNED, assigned, action)
