"""Conferences 会商: units that do not agree who does a case meet, and what is decided stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case, check_moment
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.life_errors import LeadSupports
from dispatch_service.domain.requests import check_decider
from dispatch_service.persistence import case_records, cases, requests, support
from dispatch_service.persistence.tables import case_conference
from dispatch_service.service import assigning
from dispatch_service.service.acting import Action, lock
from dispatch_service.service.clockworks import Clockworks


@dataclass(frozen=True, slots=True)
class Conference:
    """Which teams met, when, what was said, and what was decided: who leads, and who supports."""

    participants: Sequence[str]
    record: str
    lead: str
    supporting: Sequence[str]
    held_at: datetime


async def hold(connection: AsyncConnection, action: Action, conference: Conference, clockworks: Clockworks) -> None:
    """Record a conference and give the case to the team that leads; it cannot be returned in this round any more.

    Raises CaseNotFound, ActionConflict, UnknownTeam, LeadSupports, MomentOutOfRange, SupervisorDecides.
    """
    case = await lock(connection, action)
    case.check(EventType.ASSIGNED)
    check_decider(await requests.returned_by(connection, case), is_supervisor=action.is_supervisors)
    check_moment("held_at", conference.held_at, case.received_at, action.now)
    await _check_teams(connection, case, conference)
    await case_records.add(
        connection,
        case_conference,
        case,
        participants=list(conference.participants),
        record=conference.record,
        lead=conference.lead,
        supporting=list(conference.supporting),
        held_at=conference.held_at,
        recorded_by=action.actor,
        recorded_at=action.now,
    )
    await support.clear(connection, case)
    await support.add(connection, case, conference.supporting, action.actor, action.now)
    field = "decision/lead"
    await assigning.give(
        connection, action, case, conference.lead, rule="conference", clockworks=clockworks, field=field
    )


async def _check_teams(connection: AsyncConnection, case: Case, conference: Conference) -> None:
    named = {f"participants/{place}": code for place, code in enumerate(conference.participants)}
    named |= {f"decision/supporting/{place}": code for place, code in enumerate(conference.supporting)}
    known = await cases.known_teams(connection, case.tenant, set(named.values()))
    for field, code in named.items():
        if code not in known:
            raise UnknownTeam(code, field)
        if code == conference.lead and field.startswith("decision"):
            raise LeadSupports(field)
