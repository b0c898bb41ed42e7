"""Applies the events that dispatch consumes, in one transaction per slice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import Payload, Released, ReleaseRefused, ReleaseRequested
from contracts.lifecycle import EventType, IllegalTransition
from dispatch_service.domain.case import Case
from dispatch_service.events import received
from dispatch_service.persistence import case_slices
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
        EventType.CLOSED,
        EventType.WITHDRAWN,
    }
)
"""Received complaints are assigned and requests to withdraw decided; the rest keeps the lists of cases true."""


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
        if len(arrivals) < len(events):
            others = [event for event in events if event.type is not EventType.RECEIVED]
            follow_ups += await _follow(connection, others, now)
        return follow_ups


async def _follow(connection: AsyncConnection, events: Sequence[Event], now: datetime) -> list[Event]:
    """Apply events about cases that exist, in order, under the cases' row locks."""
    cases = await case_slices.lock(connection, {(event.tenant, event.subject) for event in events})
    changed: dict[CaseKey, Case] = {}
    answers: list[Event] = []
    for event in events:
        key = (event.tenant, event.subject)
        case = cases.get(key)
        if case is None:
            raise OutOfOrder(f"{event.type} came before complaint {event.subject} was received")
        if event.type is EventType.RELEASE_REQUESTED:
            answers.append(_decide(case, event, now))
            changed[key] = case
        elif _follows(case, event):
            changed[key] = case
    if changed:
        await case_slices.save(connection, list(changed.values()), now)
    return answers


def _follows(case: Case, event: Event) -> bool:
    try:
        return case.follow(event.type)
    except IllegalTransition as error:
        raise (OutOfOrder if error.is_early else Permanent)(str(error)) from error


def _decide(case: Case, request: Event, now: datetime) -> Event:
    stood = case.status
    decision = case.answer_release()
    ending = cast(ReleaseRequested, request.data).ending
    data: Payload = (
        Released(request=request.id, ending=ending, status=stood)
        if decision is EventType.RELEASED
        else ReleaseRefused(request=request.id, status=stood)
    )
    return answer(request, decision, case.sequence, data, at=now)
