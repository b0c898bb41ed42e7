"""Returns 退单: a unit gives a case back, with a dispatcher's approval, and another gets it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintReturned
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.requests import check_return
from dispatch_service.persistence import case_clocks, case_records, case_work, cases, requests
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.tables import case_conference
from dispatch_service.service import assigning
from dispatch_service.service.acting import Action, announce_action
from dispatch_service.service.clockworks import Clockworks


async def check_ask(connection: AsyncConnection, case: Case, action: Action, clockworks: Clockworks) -> None:
    """Raise unless the unit of a locked case may ask for its return.

    ActionConflict, ReturnedTooOften, DecidedInConference, ReturnLimitPassed.
    """
    case.check_with_unit(EventType.RETURNED)
    work = await clockworks.of_one(connection, case.tenant)
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    assigned_at = (await case_work.read(connection, case)).assigned_at
    check_return(
        await requests.returned_by(connection, case),
        in_conference=await case_records.count(connection, case_conference, case) > 0,
        return_by=work.return_by(known.category, known.grade, assigned_at),
        at=action.moment,
    )


async def check_proposal(connection: AsyncConnection, case: Case, team: str | None) -> None:
    """Raise UnknownTeam where the unit that is proposed does not exist."""
    if team is not None and not await cases.known_teams(connection, case.tenant, [team]):
        raise UnknownTeam(team, "proposed_team")


async def approve(
    connection: AsyncConnection,
    action: Action,
    case: Case,
    request: Row,
    *,
    next_team: str | None,
    clockworks: Clockworks,
) -> None:
    """Take a locked case back from its unit, and give it to the next one, where a dispatcher has named it already.

    Raises ActionConflict, UnknownTeam, SupervisorDecides, UnitHasReturned.
    """
    await give_back(connection, action, case, reason=request["reason"], asked_by=request["asked_by"], is_units=True)
    await requests.settle(
        connection,
        request["id"],
        state="approved",
        actor=action.actor,
        now=action.now,
        note=action.note,
        next_team=next_team,
    )
    if next_team is not None:
        await assigning.choose(connection, action, case, next_team, clockworks=clockworks)


async def give_back(
    connection: AsyncConnection, action: Action, case: Case, *, reason: str, asked_by: str, is_units: bool
) -> None:
    """Let a locked case wait for another unit; `is_units` where its unit has asked for it, which is counted.

    Its clock runs on, and the unit stays responsible until another has accepted 首接负责. Raises ActionConflict.
    """
    case.act(EventType.RETURNED)
    work = await case_work.read(connection, case)
    returned_by = await requests.returned_by(connection, case)
    await requests.drop_open(connection, case, action.actor, action.now)
    await cases.save(
        connection,
        case,
        action.now,
        responsible_team=work.responsible_team or case.team,
        assignee=None,
        expected_from=None,
        accepted_at=None,
        started_at=None,
        start_distance_metres=None,
        far_start=False,
    )
    returned = ComplaintReturned(
        actor=action.actor,
        team=case.team,
        note=action.note,
        reason=reason,
        asked_by=asked_by,
        returns=len(returned_by) + is_units,
    )
    await announce_action(connection, case, EventType.RETURNED, returned, action)
