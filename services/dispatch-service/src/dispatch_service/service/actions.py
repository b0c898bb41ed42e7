"""What officers and dispatchers do with a case: each action one decision under the case's row lock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import (
    ComplaintAccepted,
    ComplaintAssigned,
    ComplaintResolved,
    ComplaintStarted,
    HandlingMode,
    Payload,
    Place,
)
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.case import Case, check_membership, check_start
from dispatch_service.domain.errors import UnknownTeam
from dispatch_service.domain.limits import Grade
from dispatch_service.persistence import cases
from dispatch_service.service import clocking
from dispatch_service.service.announcements import announce
from dispatch_service.service.clockworks import Clockworks
from eventbus import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Who acts on which case, when, and which version of it they saw (None: whatever it is)."""

    complaint_id: UUID
    tenant: str
    actor: str
    now: datetime
    traceparent: str
    check_version: Callable[[int], None]
    """Raises where the caller saw another version than this one."""
    note: str | None = None
    done_at: datetime | None = None
    """When it was done, where it is reported later."""

    @property
    def moment(self) -> datetime:
        """When it was done."""
        return self.done_at or self.now


async def assign(
    connection: AsyncConnection, action: Action, team_code: str, *, grade: Grade | None, clockworks: Clockworks
) -> None:
    """Send a case to a team: from the duty desk, or on from another team that has not accepted it yet.

    The promised time stands, unless the case gets another `grade`. Raises UnknownTeam, CaseNotFound, ActionConflict.
    """
    case = await lock(connection, action)
    team = await cases.find_team(connection, action.tenant, team_code)
    if team is None:
        raise UnknownTeam(team_code)
    case.act(EventType.ASSIGNED)
    explanation = {"rule": "dispatcher", "grid": case.grid, "team": team.code, "from_team": case.team}
    case.team = team.code
    case.community = case.community or team.community
    clock = await clocking.reassign(connection, clockworks, case, grade, action.now)
    await cases.save(connection, case, action.now, assigned_at=action.now, explanation=explanation, **clock)
    assigned = ComplaintAssigned(
        team=team.code,
        team_name=team.name,
        grid=case.grid,
        community=case.community,
        round=case.round,
        rule="dispatcher",
        note=action.note,
        actor=action.actor,
        promised_at=clock["promised_at"],
    )
    await announce_action(connection, case, EventType.ASSIGNED, assigned, action)


async def accept(connection: AsyncConnection, action: Action) -> None:
    """Take the case on for the officer's team (首接负责). Raises NotYourTeam, CaseNotFound, ActionConflict."""
    case = await lock_own(connection, action)
    case.act(EventType.ACCEPTED)
    await cases.save(connection, case, action.now, officer=action.actor, accepted_at=action.moment)
    accepted = ComplaintAccepted(actor=action.actor, team=case.team, note=action.note)
    await announce_action(connection, case, EventType.ACCEPTED, accepted, action)


async def start(
    connection: AsyncConnection, action: Action, *, position: Place | None, started_at: datetime | None
) -> None:
    """Begin the work on site. Raises NotYourTeam, StartOutOfRange, CaseNotFound, ActionConflict.

    A position far from the complaint is believed as it is: work may begin at the office.
    """
    case = await lock_own(connection, action)
    moment = started_at or action.moment
    check_start(case, moment, action.now)
    case.act(EventType.STARTED)
    await cases.save(connection, case, action.now, officer=action.actor, started_at=moment)
    started = ComplaintStarted(
        actor=action.actor, team=case.team, note=action.note, position=position, started_at=moment
    )
    await announce_action(connection, case, EventType.STARTED, started, action)


async def resolve(connection: AsyncConnection, action: Action, *, handling_mode: HandlingMode, result: str) -> None:
    """Report the work as done, to be verified. Raises NotYourTeam, CaseNotFound, ActionConflict."""
    case = await lock_own(connection, action)
    case.act(EventType.RESOLVED)
    await cases.save(
        connection,
        case,
        action.now,
        officer=action.actor,
        resolved_at=action.moment,
        handling_mode=handling_mode,
        result=result,
    )
    resolved = ComplaintResolved(
        actor=action.actor, team=case.team, note=action.note, handling_mode=handling_mode, result=result
    )
    await announce_action(connection, case, EventType.RESOLVED, resolved, action)


async def lock(connection: AsyncConnection, action: Action) -> Case:
    """Return the case in the version that the caller saw, locked. Raises CaseNotFound."""
    case = await cases.lock(connection, action.tenant, action.complaint_id)
    action.check_version(case.version)
    return case


async def lock_own(connection: AsyncConnection, action: Action) -> Case:
    """Return the case, locked, if it is one of the caller's team. Raises CaseNotFound, NotYourTeam."""
    case = await cases.lock(connection, action.tenant, action.complaint_id)
    check_membership(case, await cases.teams_of(connection, action.tenant, action.actor))
    action.check_version(case.version)
    return case


async def announce_action(
    connection: AsyncConnection, case: Case, event_type: EventType, data: Payload, action: Action
) -> None:
    """Publish what the action has done, with it or not at all."""
    event = announce(case, event_type, data, at=action.now, traceparent=action.traceparent)
    await outbox.append(connection, LIFECYCLE.name, [event])
