"""What all actions on a case share: who acts, the case under its row lock, the event that tells of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Payload
from contracts.lifecycle import EventType
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from dispatch_service.domain.case import CLOCK_TOLERANCE, Case, check_membership
from dispatch_service.domain.life_errors import CaseErased
from dispatch_service.domain.mobile_errors import ChangedMeanwhile
from dispatch_service.persistence import case_clocks, cases
from dispatch_service.service.announcements import announce
from eventbus import outbox


@dataclass(slots=True, kw_only=True)
class Action:
    """Who acts on which case, when, and which version of it they saw (None: whatever it is)."""

    complaint_id: UUID
    tenant: str
    actor: str
    now: datetime
    """By the clock of the server; once the case is locked, not before what has happened to it."""
    traceparent: str
    check_version: Callable[[int], None]
    """Raises where the caller saw another version than this one."""
    note: str | None = None
    roles: frozenset[str] = frozenset()
    """Of the actor; without them nothing is allowed that only some may do."""
    done_at: datetime | None = None
    """When it was done, where it is reported later."""

    @property
    def moment(self) -> datetime:
        """When it was done."""
        return self.done_at or self.now

    @property
    def is_supervisors(self) -> bool:
        """Whether a supervisor acts."""
        return Role.SUPERVISOR in self.roles


async def lock(connection: AsyncConnection, action: Action) -> Case:
    """Return the case in the version that the caller saw, locked. Raises CaseNotFound."""
    case = await _locked(connection, action)
    action.check_version(case.version)
    return case


async def lock_kept(connection: AsyncConnection, action: Action) -> Case:
    """Return the case as `lock` does, if something may be written about it whatever its state. Raises CaseErased."""
    case = await lock(connection, action)
    if await cases.is_erased(connection, case):
        raise CaseErased
    return case


async def lock_own(connection: AsyncConnection, action: Action) -> Case:
    """Return the case, locked, if it is one of the caller's team.

    Raises CaseNotFound, NotYourTeam, and ChangedMeanwhile for what was done before the present round began.
    """
    case = await _locked(connection, action)
    check_membership(case, await cases.teams_of(connection, action.tenant, action.actor))
    action.check_version(case.version)
    await check_round(connection, action, case)
    return case


async def check_round(connection: AsyncConnection, action: Action, case: Case) -> None:
    """Raise ChangedMeanwhile for what was done before the present round of a locked case began."""
    if action.done_at is not None and action.done_at < await earliest(connection, case) - CLOCK_TOLERANCE:
        raise ChangedMeanwhile(case.version)


async def _locked(connection: AsyncConnection, action: Action) -> Case:
    case = await cases.lock(connection, action.tenant, action.complaint_id)
    action.now = case.no_earlier(action.now)
    return case


async def earliest(connection: AsyncConnection, case: Case) -> datetime:
    """Return since when the present round of a locked case may have been worked on."""
    if case.round == 1:
        return case.received_at
    return (await case_clocks.read(connection, case.tenant, case.complaint_id)).begun_at


async def announce_action(
    connection: AsyncConnection, case: Case, event_type: EventType, data: Payload, action: Action
) -> None:
    """Publish what the action has done, with it or not at all.

    Its time is that of the telling, so that times follow the order of events; when it was done, `data` says.
    """
    event = announce(case, event_type, data, at=action.now, traceparent=action.traceparent)
    await outbox.append(connection, LIFECYCLE.name, [event])
