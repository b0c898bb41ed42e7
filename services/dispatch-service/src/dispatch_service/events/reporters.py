"""What passes between reporter and bureau, as intake tells it: kept with the case; its clock waits for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintRescheduled, QuestionAnswered, QuestionAsked, QuestionLapsed
from contracts.lifecycle import EventType
from dispatch_service.domain.case import Case
from dispatch_service.domain.clocks import Clock
from dispatch_service.persistence import case_clocks, waits
from dispatch_service.persistence.case_slices import CaseKey
from dispatch_service.persistence.waits import Wait
from dispatch_service.service.announcements import answer
from dispatch_service.service.clockworks import Clockworks


@dataclass(slots=True)
class _Said:
    """An event, and what it has done to the clock of its case."""

    event: Event
    round: int
    has_begun: bool = False
    waited_since: datetime | None = None
    """The wait that it has ended."""
    sequence: int = 0
    """Of the event that tells of the new promised time."""


@dataclass(slots=True)
class Conversations:
    """What reporter and bureau have said to each other in a slice."""

    _said: list[_Said] = field(default_factory=list)
    _cases: dict[CaseKey, Case] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self._said)

    def hear(self, case: Case, event: Event) -> None:
        """Let an event happen to its case."""
        said = _Said(event, case.round)
        if isinstance(event.data, QuestionAsked):
            said.has_begun = case.wait_for_reporter(event.time)
        elif isinstance(event.data, QuestionAnswered | QuestionLapsed):
            said.waited_since = case.go_on()
            said.sequence = case.sequence
        self._said.append(said)
        self._cases[case.tenant, case.complaint_id] = case

    async def keep(self, connection: AsyncConnection, clockworks: Clockworks, now: datetime) -> list[Event]:
        """Store all of it, and return an event for each clock that goes on, with the new promised times.

        The cases have been saved. A constant number of statements, but one for each question.
        """
        await waits.add_supplements(connection, [each.event for each in self._said])
        ended = [each for each in self._said if each.waited_since is not None]
        events = await self._go_on(connection, clockworks, ended, now) if ended else []
        for each in self._said:
            event = each.event
            if isinstance(event.data, QuestionAsked):
                await waits.add_question(connection, event, each.round, event.time if each.has_begun else None)
            elif isinstance(event.data, QuestionAnswered | QuestionLapsed):
                until = None if each.waited_since is None else event.time
                await waits.end_question(connection, event, event.data.question, until)
        begun = {key: sum(self._key(each) == key for each in self._said if each.has_begun) for key in self._cases}
        await waits.note(connection, [Wait(case, begun[key]) for key, case in self._cases.items()])
        return events

    async def _go_on(
        self, connection: AsyncConnection, clockworks: Clockworks, ended: Sequence[_Said], now: datetime
    ) -> list[Event]:
        works = await clockworks.of(connection, {each.event.tenant for each in ended})
        cases = [self._cases[self._key(each)] for each in ended]
        known = await waits.clocks(connection, cases)
        clocks: dict[UUID, tuple[Clock, int]] = {}
        events = []
        for each in ended:
            event, case = each.event, known[each.event.subject]
            work = works[event.tenant]
            moved, _ = clocks.get(event.subject, (None, 0))
            former = moved or case.started(work)
            since = max(each.waited_since or event.time, case.begun_at)
            until = max(event.time, since)
            clock = work.resume(former, case.category, case.grade, since, until, assigned_at=case.assigned_at)
            clocks[event.subject] = (clock, work.version)
            data = ComplaintRescheduled(promised_before=former.promised_at, **clock.told())
            events.append(answer(event, EventType.RESCHEDULED, each.sequence, data, at=now))
        await case_clocks.save(connection, clocks)
        return events

    @staticmethod
    def _key(said: _Said) -> CaseKey:
        return (said.event.tenant, said.event.subject)
