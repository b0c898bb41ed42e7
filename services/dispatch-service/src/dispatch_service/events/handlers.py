"""Applies the events that dispatch consumes, in one transaction per slice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.closing_events import EndingDecided
from contracts.envelope import Event
from contracts.events import ComplaintReceived, Payload, PhotosChecked, Released, ReleaseRefused, ReleaseRequested
from contracts.lifecycle import RELEASE_ENDINGS, EventType, IllegalTransition, Status
from dispatch_service.domain.case import INTAKES, NEW_ROUND, SAID, Case
from dispatch_service.domain.errors import EarlierMissing
from dispatch_service.events import cleared, received, reclassified, relocations, rounds, self_handled
from dispatch_service.events.cleared import Cleared
from dispatch_service.events.reclassified import Reclassified
from dispatch_service.events.relocations import Located
from dispatch_service.events.reporters import Conversations
from dispatch_service.events.rounds import NewRound
from dispatch_service.persistence import case_slices, ended_cases, erasing, requests, unknown_photos
from dispatch_service.persistence.case_slices import CaseKey
from dispatch_service.service.announcements import answer
from dispatch_service.service.rulebooks import Rulebooks
from eventbus.errors import OutOfOrder, Permanent
from runtime.clock import now as present

CONSUMED = frozenset(
    {
        *INTAKES,
        EventType.ENDING_DECIDED,
        EventType.VERIFIED,
        EventType.REWORK_ORDERED,
        EventType.CLOSED,
        EventType.FORCE_CLOSED,
        EventType.VOIDED,
        EventType.REOPENED,
    }
)
"""Received complaints are assigned, requests to let go of a case decided, and another round begins where a result is
not good or the reporter not satisfied; another category may mean another unit; what was held goes on; what the
reporter says is kept with the case, whose clock waits for an answer; photos that are not there mark it; of an erased
one the texts go; the rest keeps the lists of cases true."""
_OUT_OF_THE_ORDINARY = frozenset({*RELEASE_ENDINGS.values(), EventType.FORCE_CLOSED, EventType.VOIDED})
"""Endings that come while something may wait for a decision."""
_CORRECTIONS = frozenset({EventType.LOCATED, EventType.RECLASSIFIED, EventType.CLEARED})
"""They change no state."""
_LEDGERS_OWN = frozenset({Status.RESOLVED, Status.VERIFIED})
"""The ledger ends these itself, with its decision."""


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
        outcome = await _let_happen(connection, events, now)
        if outcome.changed:
            await case_slices.save(connection, [*outcome.changed.values()], now)
        if outcome.ended:
            await ended_cases.end(connection, [*outcome.ended.values()], now)
        if outcome.unknown_photos:
            await unknown_photos.mark(connection, outcome.unknown_photos)
        await self._go_on(connection, outcome, now)
        erasures = [event for event in events if event.type is EventType.ERASED]
        if erasures:  # after what was said before them is stored
            await erasing.erase(connection, erasures)
        if outcome.located:
            erased = {(event.tenant, event.subject) for event in erasures}
            located = [each for key, each in outcome.located.items() if key not in erased]
            outcome.answers += await relocations.relocate(connection, self._rulebooks, located, now)
        for change in outcome.reclassified.values():
            outcome.answers += await reclassified.reroute(connection, self._rulebooks, change, now)
        for clearing in outcome.cleared:
            outcome.answers += await cleared.go_on(connection, self._rulebooks, clearing, now)
        # of one case in order; cases do not matter to each other
        outcome.answers.sort(key=lambda event: event.sequence)
        return outcome.answers

    async def _go_on(self, connection: AsyncConnection, outcome: "_Outcome", now: datetime) -> None:
        """Note categories, begin rounds, and let clocks wait and go on; the cases have been saved."""
        if outcome.reclassified:
            await reclassified.note(connection, outcome.reclassified.values())
        if outcome.new_rounds:
            outcome.answers += await rounds.begin(connection, self._rulebooks, outcome.new_rounds, now)
        if outcome.conversations:
            outcome.answers += await outcome.conversations.keep(connection, self._rulebooks.clockworks, now)


@dataclass(slots=True)
class _Outcome:
    """What a slice comes to."""

    changed: dict[CaseKey, Case] = field(default_factory=dict)
    ended: dict[CaseKey, Case] = field(default_factory=dict)
    """Those of them that ended out of the ordinary."""
    answers: list[Event] = field(default_factory=list)
    new_rounds: list[NewRound] = field(default_factory=list)
    conversations: Conversations = field(default_factory=Conversations)
    located: dict[CaseKey, Located] = field(default_factory=dict)
    """By the last word on each place."""
    reclassified: dict[CaseKey, Reclassified] = field(default_factory=dict)
    cleared: list[Cleared] = field(default_factory=list)
    unknown_photos: dict[CaseKey, Sequence[UUID]] = field(default_factory=dict)


async def _let_happen(connection: AsyncConnection, events: Sequence[Event], now: datetime) -> _Outcome:
    """Let `events` happen to their cases, which are locked; a case is counted no further once something was given up.

    Raises OutOfOrder where an earlier event is missing.
    """
    while True:
        cases = await case_slices.lock(connection, _subjects(events))
        unmerged = [cases[key] for key in _subjects(events, EventType.UNMERGED) if key in cases]
        given_back = await requests.given_back(connection, unmerged)
        try:
            return _apply(cases, events, now, given_back=given_back)
        except EarlierMissing as missing:
            if not await case_slices.count_no_further(connection, missing.case):
                raise OutOfOrder(str(missing)) from missing


def _subjects(events: Sequence[Event], *types: EventType) -> set[CaseKey]:
    """Return the cases of `events`: of those of `types`, or of all."""
    return {(event.tenant, event.subject) for event in events if not types or event.type in types}


def _apply(
    cases: Mapping[CaseKey, Case], events: Sequence[Event], now: datetime, *, given_back: Collection[UUID]
) -> _Outcome:
    """Let `events` happen to `cases`, of which units have `given_back` some."""
    outcome = _Outcome()
    for event in events:
        key = (event.tenant, event.subject)
        case = cases.get(key)
        if case is None:
            raise OutOfOrder(f"{event.type} came before complaint {event.subject} was received")
        if event.type in INTAKES:
            if not case.hear(event.type, event.sequence):
                continue
            outcome.changed[key] = case
        if event.type in (EventType.RELEASE_REQUESTED, EventType.ENDING_DECIDED):
            _decide(outcome, key, case, event, now)
        elif _follows(case, event):
            outcome.changed[key] = case
            _note(outcome, key, case, event, waits=event.subject in given_back)
    return outcome


def _note(outcome: _Outcome, key: CaseKey, case: Case, event: Event, *, waits: bool) -> None:
    if event.type in _OUT_OF_THE_ORDINARY:
        outcome.ended[key] = case
    elif event.type is EventType.UNMERGED:
        case.unmerge(waits=waits)
        outcome.new_rounds.append(NewRound(event, case, case.sequence, waits=waits))
    elif event.type in SAID:
        outcome.conversations.hear(case, event)
    elif event.type in _CORRECTIONS:
        _correct(outcome, key, case, event)
    elif isinstance(event.data, PhotosChecked):
        outcome.unknown_photos[key] = event.data.unknown
    elif event.type in NEW_ROUND:
        case.begin_round()
        outcome.new_rounds.append(NewRound(event, case, case.sequence))


def _correct(outcome: _Outcome, key: CaseKey, case: Case, event: Event) -> None:
    if event.type is EventType.LOCATED:
        outcome.located[key] = Located(event, case)
    elif event.type is EventType.RECLASSIFIED:
        outcome.reclassified[key] = Reclassified(event, case)
    else:
        outcome.cleared.append(Cleared(event, case))


def _follows(case: Case, event: Event) -> bool:
    if event.type in _CORRECTIONS:
        case.version += 1
        return True
    if event.type is EventType.PHOTOS_CHECKED:
        return True
    try:
        return case.follow(event.type, event.sequence)
    except IllegalTransition as error:
        raise (OutOfOrder if error.is_early else Permanent)(str(error)) from error


def _decide(outcome: _Outcome, key: CaseKey, case: Case, request: Event, now: datetime) -> None:
    """Answer a request of intake, or the ledger's decision, unless it is answered, or no answer waited for."""
    stood = case.status
    asked = cast(ReleaseRequested | EndingDecided, request.data)
    if not isinstance(asked, EndingDecided):
        decision: EventType | None = case.answer_release(asked.ending)
    elif not asked.approved or asked.status in _LEDGERS_OWN:
        return
    else:
        decision = case.answer_ending(request.sequence, Status(asked.ending))
    if decision is None:
        return
    data: Payload = (
        Released(request=request.id, ending=asked.ending, status=stood)
        if decision is EventType.RELEASED
        else ReleaseRefused(request=request.id, status=stood)
    )
    outcome.answers.append(answer(request, decision, case.sequence, data, at=now))
    outcome.changed[key] = case
    if decision is EventType.RELEASED:
        outcome.ended[key] = case
