"""Applies the events that dispatch consumes, in one transaction per slice."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintReceived, Payload, Released, ReleaseRefused, ReleaseRequested
from contracts.lifecycle import EventType, IllegalTransition, Status
from dispatch_service.domain.case import NEW_ROUND, Case
from dispatch_service.events import received, rounds, self_handled
from dispatch_service.events.rounds import NewRound
from dispatch_service.persistence import case_slices, withdrawals
from dispatch_service.persistence.case_slices import CaseKey
from dispatch_service.service.announcements import answer
from dispatch_service.service.rulebooks import Rulebooks
from eventbus.errors import OutOfOrder, Permanent
from runtime.clock import now as present

CONSUMED = frozenset(
    {
        EventType.RECEIVED,
        EventType.RELEASE_REQUESTED,
        EventType.VERIFIED,
        EventType.REWORK_ORDERED,
        EventType.CLOSED,
        EventType.REOPENED,
        EventType.WITHDRAWN,
    }
)
"""Received complaints are assigned, requests to withdraw decided, and another round begins where a result is not good
or the reporter not satisfied; the rest keeps the lists of cases true."""


class CaseEvents:
    """The handler of dispatch's subscription."""

    def __init__(self, rulebooks: Rulebooks, *, now: Callable[[], datetime] = present) -> None:
        """`rulebooks` say who gets a case, and by when."""
        self._rulebooks = rulebooks
        self._now = now

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
        """Apply `events` and return what follows, in the order of the events that caused it.

        Raises OutOfOrder for an event whose predecessor is missing here, and Permanent for one that the state table
        does not allow.
        """
        now = self._now()
        arrivals = [event for event in events if event.type is EventType.RECEIVED]
        follow_ups = await received.assign(connection, self._rulebooks, arrivals, now) if arrivals else []
        if any(cast(ComplaintReceived, event.data).self_handled for event in arrivals):
            follow_ups = await self_handled.complete(connection, arrivals, follow_ups, now)
        if len(arrivals) < len(events):
            others = [event for event in events if event.type is not EventType.RECEIVED]
            follow_ups += await self._follow(connection, others, now)
        return follow_ups

    async def _follow(self, connection: AsyncConnection, events: Sequence[Event], now: datetime) -> list[Event]:
        """Apply events about cases that exist, in order, under the cases' row locks."""
        cases = await case_slices.lock(connection, {(event.tenant, event.subject) for event in events})
        changed, answers, new_rounds = _apply(cases, events, now)
        if changed:
            await case_slices.save(connection, changed, now)
        withdrawn = [case for case in changed if case.status is Status.WITHDRAWN]
        if withdrawn:
            await withdrawals.end(connection, withdrawn, now)
        if new_rounds:
            answers += await rounds.begin(connection, self._rulebooks, new_rounds, now)
            answers.sort(key=lambda event: event.sequence)  # of one case in order; cases do not matter to each other
        return answers


def _apply(
    cases: Mapping[CaseKey, Case], events: Sequence[Event], now: datetime
) -> tuple[list[Case], list[Event], list[NewRound]]:
    """Let `events` happen to `cases`; return those that changed, the answers, and the rounds that begin."""
    changed: dict[CaseKey, Case] = {}
    answers: list[Event] = []
    new_rounds: list[NewRound] = []
    for event in events:
        key = (event.tenant, event.subject)
        case = cases.get(key)
        if case is None:
            raise OutOfOrder(f"{event.type} came before complaint {event.subject} was received")
        if event.type is EventType.RELEASE_REQUESTED:
            decided = _decide(case, event, now)
            if decided is not None:
                answers.append(decided)
                changed[key] = case
        elif _follows(case, event):
            changed[key] = case
            if event.type in NEW_ROUND:
                case.begin_round()
                new_rounds.append(NewRound(event, case, case.sequence))
    return list(changed.values()), answers, new_rounds


def _follows(case: Case, event: Event) -> bool:
    try:
        return case.follow(event.type, event.sequence)
    except IllegalTransition as error:
        raise (OutOfOrder if error.is_early else Permanent)(str(error)) from error


def _decide(case: Case, request: Event, now: datetime) -> Event | None:
    stood = case.status
    decision = case.answer_release(request.sequence)
    if decision is None:
        return None
    ending = cast(ReleaseRequested, request.data).ending
    data: Payload = (
        Released(request=request.id, ending=ending, status=stood)
        if decision is EventType.RELEASED
        else ReleaseRefused(request=request.id, status=stood)
    )
    return answer(request, decision, case.sequence, data, at=now)
