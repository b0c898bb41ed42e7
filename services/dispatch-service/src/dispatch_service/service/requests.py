"""Extension, suspension, resumption and return: asked for by the unit, approved or refused by a dispatcher."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintExtended, ComplaintResumed, ComplaintSuspended, Payload
from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.errors import OwnRequest, RequestOutdated, RequestSettled
from dispatch_service.domain.requests import (
    EVENT_OF,
    RequestKind,
    check_extension,
    check_suspension,
    end_of_suspension,
)
from dispatch_service.persistence import cases, requests, waits
from dispatch_service.persistence.case_clocks import CaseClock, moved
from dispatch_service.persistence.rows import Row
from dispatch_service.service import clocking, request_rules, returns
from dispatch_service.service.acting import Action, announce_action, lock, lock_own
from dispatch_service.service.clockworks import Clockworks
from runtime.ids import uuid7

_PAYLOADS: dict[RequestKind, type[Payload]] = {
    RequestKind.EXTENSION: ComplaintExtended,
    RequestKind.SUSPENSION: ComplaintSuspended,
    RequestKind.RESUMPTION: ComplaintResumed,
}


async def ask(
    connection: AsyncConnection,
    action: Action,
    kind: RequestKind,
    reason: str,
    until: datetime | None,
    clockworks: Clockworks,
    proposed_team: str | None = None,
) -> None:
    """Ask for it on behalf of the unit; nothing changes until a dispatcher has decided.

    Time limits are those of the moment at which it was asked for, also where that is reported later.
    `until` is for an extension or a suspension, `proposed_team` for a return. Raises NotYourTeam, CaseNotFound,
    ActionConflict, DeadlinePassed, TooManyRequests, ExtensionTooLong, SuspensionTooLong, EndOutOfRange, RequestOpen,
    and for a return UnknownTeam, ReturnedTooOften, DecidedInConference, ReturnLimitPassed.
    """
    case = await lock_own(connection, action)
    case.check(EVENT_OF[kind])
    if kind is RequestKind.RETURN:
        await returns.check_ask(connection, case, action, clockworks)
        await returns.check_proposal(connection, case, proposed_team)
    else:
        known, clock, work = await clocking.started(connection, clockworks, case)
        if kind is RequestKind.EXTENSION:
            clock, _ = clocking.as_if_it_went_on(case, known, clock, work, action.moment)
            rule, end = await request_rules.extensions(connection, case.tenant), until or action.moment
            check_extension(work, rule, clock.promised_at, known.extensions, until=end, at=action.moment)
        elif kind is RequestKind.SUSPENSION:
            check_suspension(known.suspensions)
            longest = await request_rules.longest_suspension(connection, case.tenant)
            end_of_suspension(work, longest, action.moment, until)
    request = {
        "id": uuid7(),
        "tenant": case.tenant,
        "complaint_id": case.complaint_id,
        "kind": kind.value,
        "reason": reason,
        "until": until,
        "round": case.round,
        "team": case.team,
        "proposed_team": proposed_team,
        "asked_by": action.actor,
        "asked_at": action.moment,
    }
    await requests.open_request(connection, request)


async def decide(
    connection: AsyncConnection,
    action: Action,
    kind: RequestKind,
    request_id: UUID,
    *,
    approved: bool,
    clockworks: Clockworks,
    next_team: str | None = None,
) -> None:
    """Approve a request, which changes the case at once, or refuse it, which leaves it as it is.

    `next_team` is the unit that gets a case with the approval of its return. Raises CaseNotFound, RequestNotFound,
    RequestSettled, OwnRequest, RequestOutdated, ActionConflict, and what `returns.approve` raises.
    """
    case = await lock(connection, action)
    request = await requests.lock_request(connection, case.tenant, case.complaint_id, kind, request_id)
    if request["state"] != "open":
        raise RequestSettled
    if request["asked_by"] == action.actor:
        raise OwnRequest
    if approved and kind is RequestKind.RETURN:
        await returns.approve(connection, action, case, request, next_team=next_team, clockworks=clockworks)
        return
    if approved:
        await _carry_out(connection, action, case, kind, request, clockworks)
    state = "approved" if approved else "refused"
    await requests.settle(connection, request_id, state=state, actor=action.actor, now=action.now, note=action.note)


async def _carry_out(
    connection: AsyncConnection, action: Action, case: Case, kind: RequestKind, request: Row, clockworks: Clockworks
) -> None:
    case.act(EVENT_OF[kind])
    known, clock, work = await clocking.started(connection, clockworks, case)
    clock, facts = _changed(kind, case, known, clock, work, request, action.now)
    if kind is RequestKind.SUSPENSION:
        longest = await request_rules.longest_suspension(connection, case.tenant)
        facts["suspended_until"] = request["until"] or end_of_suspension(work, longest, action.now, None)
        if case.waiting_since is not None:
            # what it waited for is not needed now; its clock has stood since then
            await waits.end(connection, case, action.now)
            facts |= {"suspended_at": max(case.waiting_since, known.begun_at), "waiting_since": None}
    await cases.save(connection, case, action.now, **moved(clock, work.version), **facts)
    data = _PAYLOADS[kind].model_validate(
        {
            "actor": action.actor,
            "team": case.team,
            "note": action.note,
            "reason": request["reason"],
            "asked_by": request["asked_by"],
            **clock.told(),
            "until": facts.get("suspended_until"),
        }
    )
    await announce_action(connection, case, EVENT_OF[kind], data, action)


def _changed(
    kind: RequestKind, case: Case, known: CaseClock, clock: Clock, work: Clockwork, request: Row, now: datetime
) -> tuple[Clock, dict[str, Any]]:
    """Return the clock that follows from an approval, and the other columns that change."""
    if kind is RequestKind.SUSPENSION:
        if request["until"] is not None and request["until"] <= now:
            raise RequestOutdated
        return clock, {"suspended_at": now, "suspensions": known.suspensions + 1}
    if kind is RequestKind.RESUMPTION:
        return clocking.resumed(known, clock, work, now), {"suspended_at": None, "suspended_until": None}
    until: datetime = request["until"]
    clock, waits_since = clocking.as_if_it_went_on(case, known, clock, work, now)
    if until <= max(clock.promised_at, now):
        raise RequestOutdated
    # what was agreed counts from now on, so a wait that goes on moves it by what is still to come of it
    return work.extend(clock, until, now), {"extensions": known.extensions + 1, "waiting_since": waits_since}
