"""What is asked for about complaints and not settled: follows it through the events of a slice, and keeps it.

Only the few events that say anything of it cost a statement, and results, which may have to wait for it.
"""

from collections.abc import Sequence
from typing import Self, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import Released
from contracts.lifecycle import RELEASE_ENDINGS, TRANSITIONS, EventType
from ledger_service.domain import appeals, endings
from ledger_service.domain.appeals import Appeal
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.endings import ENDINGS, EndingRequest, EndingState
from ledger_service.domain.errors import EndingUnderway
from ledger_service.persistence import matters

_TELLING = frozenset(
    {
        EventType.ENDING_REQUESTED,
        EventType.ENDING_DECIDED,
        EventType.RELEASED,
        EventType.RELEASE_REFUSED,
        EventType.FORCE_CLOSED,
        EventType.VOIDED,
        EventType.RATING_APPEALED,
        EventType.APPEAL_DECIDED,
        EventType.REOPENED,
        EventType.UNMERGED,
    }
)


class Matters:
    """The unsettled requests and appeals of some complaints, which are locked."""

    def __init__(self, requests: dict[UUID, EndingRequest], pending: dict[UUID, Appeal]) -> None:
        """`requests` by complaint, `pending` appeals by id."""
        self._unsettled = requests
        self._pending = pending
        self._requests: dict[UUID, EndingRequest] = {}
        self._appeals: dict[UUID, Appeal] = {}

    @classmethod
    async def of(cls, connection: AsyncConnection, events: Sequence[Event]) -> Self:
        """Return those that `events` may say something of, and requests that what follows from a result waits for.

        In two statements; in one where there are but results, in none where there is neither.
        """
        telling = [event for event in events if _tells(event)]
        waiting = [*telling, *(event for event in events if event.type is EventType.RESOLVED)]
        return cls(
            await matters.unsettled(connection, *_parties(waiting)) if waiting else {},
            await matters.pending_appeals(connection, *_parties(telling)) if telling else {},
        )

    def is_ending(self, complaint: Complaint) -> bool:
        """Say whether an ending of it is approved: it waits for dispatch's answer alone."""
        request = self._unsettled.get(complaint.id)
        return request is not None and request.state is EndingState.APPROVED

    def follow(self, complaint: Complaint, event: Event) -> Event | None:
        """Note what `event`, which has been entered, makes of them; return the ending that follows from it."""
        if not _tells(event):
            return None
        self._follow_appeals(event)
        request = self._unsettled.get(event.subject)
        if event.type is EventType.ENDING_REQUESTED:
            if request is not None:  # on the topic, what made it lapse may stand before the request itself
                self._keep(endings.lapsed(request))
            self._keep(endings.asked(event))
            return None
        if request is None:
            return None
        ending = endings.follow(complaint, request, event)
        if ending is None:
            self._keep(endings.settle(request, event))
        return ending

    async def save(self, connection: AsyncConnection) -> None:
        """Write what has changed."""
        await matters.save(connection, self._requests.values(), self._appeals.values())

    def _keep(self, request: EndingRequest) -> None:
        self._requests[request.id] = request
        if request.state in endings.UNSETTLED:
            self._unsettled[request.complaint_id] = request
        else:
            self._unsettled.pop(request.complaint_id, None)

    def _follow_appeals(self, event: Event) -> None:
        if event.type is EventType.RATING_APPEALED:
            self._pending[event.id] = self._appeals[event.id] = appeals.made(event)
        for pending in [each for each in self._pending.values() if each.complaint_id == event.subject]:
            settled = appeals.settle(pending, event)
            if settled is not pending:
                self._appeals[pending.id] = settled
                del self._pending[pending.id]


async def check_not_underway(connection: AsyncConnection, complaint: Complaint, events: Sequence[Event]) -> None:
    """Raise EndingUnderway where `events` would move a locked complaint whose approved ending dispatch looks at."""
    if any(TRANSITIONS[event.type].target and event.type not in ENDINGS.values() for event in events):
        request = (await matters.unsettled(connection, [complaint.tenant], [complaint.id])).get(complaint.id)
        if request is not None and request.state is EndingState.APPROVED:
            raise EndingUnderway


def _parties(events: Sequence[Event]) -> tuple[set[str], set[UUID]]:
    return {event.tenant for event in events}, {event.subject for event in events}


def _tells(event: Event) -> bool:
    if event.type is EventType.RELEASED:
        return cast(Released, event.data).ending not in RELEASE_ENDINGS
    return event.type in _TELLING
