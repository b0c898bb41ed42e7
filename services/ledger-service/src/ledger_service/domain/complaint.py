"""A complaint as the ledger knows it: what all entered events together say of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self, cast
from uuid import UUID

from contracts.envelope import Event
from contracts.events import (
    ComplaintAssigned,
    ComplaintReceived,
    ComplaintReopened,
    ComplaintResolved,
    FeedbackReceived,
    FollowedUp,
    ReworkOrdered,
    Satisfaction,
)
from contracts.lifecycle import TRANSITIONS, EventType, Status, next_status
from ledger_service.domain.errors import Gap, Unenterable

SOURCES = ("intake", "dispatch", "ledger")
"""The services whose events make up a history."""


class Entry(NamedTuple):
    """An event in its place in a history; `before` is None where the history begins."""

    event: Event
    before: Status | None
    after: Status


@dataclass(slots=True)
class Complaint:
    """What events change of a complaint, and the facts of its reception while they are new.

    `version` counts the entered events, `sequences` those of each source.
    """

    sequences: dict[str, int]
    status: Status | None
    id: UUID
    tenant: str
    version: int = 0
    owner: str | None = None
    round: int = 1
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    team_name: str | None = None
    worker: str | None = None
    """Who resolved it last."""
    closed_at: datetime | None = None
    satisfaction: Satisfaction | None = None
    solved: bool | None = None
    category: str | None = None
    source: str = ""
    """Where the report came from."""
    closing_version: int = 0
    """Of the tenant's closing rules that the present round goes by."""
    received: ComplaintReceived | None = None
    """Set by the event that makes the complaint known; one that is read back from the store does not carry it."""

    @classmethod
    def unknown(cls, complaint_id: UUID, tenant: str) -> Self:
        """Return a complaint that nothing has been heard of."""
        return cls(dict.fromkeys(SOURCES, 0), None, complaint_id, tenant)

    def enter(self, event: Event) -> Entry:
        """Let `event` happen and return it with the states before and after it.

        Raises Gap where an earlier event is missing, Unenterable or IllegalTransition where it can never happen; the
        complaint is as it was then.
        """
        self._expect(event)
        before = self.status
        after = next_status(before, event.type)
        change = _CHANGES.get(event.type)
        if change is not None:
            change(self, event)
        self.status = after
        self.version += 1
        self.sequences[event.source] = event.sequence
        return Entry(event, before, after)

    def _expect(self, event: Event) -> None:
        """Refuse what is out of its place in the history, whatever it says."""
        if event.source != TRANSITIONS[event.type].owner:
            raise Unenterable(f"{event.type} cannot come from {event.source}")
        if event.tenant != self.tenant:
            raise Unenterable(f"{event.type} comes from another tenant than the complaint")
        last = self.sequences[event.source]
        if event.sequence <= last:
            raise Unenterable(f"event {event.sequence} of {event.source} has been entered, up to {last}")
        if event.sequence > last + 1:
            raise Gap(f"event {event.sequence} of {event.source} came before event {last + 1}")
        if self.status is None and event.type is not EventType.RECEIVED:
            raise Gap(f"{event.type} came before {EventType.RECEIVED}")


def _received(complaint: Complaint, event: Event) -> None:
    complaint.received = cast(ComplaintReceived, event.data)
    complaint.owner = complaint.received.owner
    complaint.category = complaint.received.category
    complaint.source = complaint.received.source


def _assigned(complaint: Complaint, event: Event) -> None:
    data = cast(ComplaintAssigned, event.data)
    complaint.round = data.round
    complaint.community = data.community
    complaint.grid = data.grid
    complaint.team = data.team
    complaint.team_name = data.team_name


def _resolved(complaint: Complaint, event: Event) -> None:
    complaint.worker = cast(ComplaintResolved, event.data).actor


def _rework_ordered(complaint: Complaint, event: Event) -> None:
    complaint.round = cast(ReworkOrdered, event.data).round
    complaint.satisfaction = complaint.solved = None


def _reopened(complaint: Complaint, event: Event) -> None:
    """Begin another round; what the reporter said of the one before stays in its entry."""
    complaint.round = cast(ComplaintReopened, event.data).round
    complaint.closed_at = complaint.satisfaction = complaint.solved = None


def _closed(complaint: Complaint, event: Event) -> None:
    complaint.closed_at = event.time


def _called(complaint: Complaint, event: Event) -> None:
    """Take what the reporter said on the phone for their word, where it is whole."""
    data = cast(FollowedUp, event.data)
    if data.satisfaction is not None and data.solved is not None:
        complaint.satisfaction = data.satisfaction
        complaint.solved = data.solved


def _rated(complaint: Complaint, event: Event) -> None:
    data = cast(FeedbackReceived, event.data)
    complaint.satisfaction = data.satisfaction
    complaint.solved = data.solved


_CHANGES: Mapping[EventType, Callable[[Complaint, Event], None]] = {
    EventType.RECEIVED: _received,
    EventType.ASSIGNED: _assigned,
    EventType.RESOLVED: _resolved,
    EventType.REWORK_ORDERED: _rework_ordered,
    EventType.FOLLOWED_UP: _called,
    EventType.CLOSED: _closed,
    EventType.FEEDBACK_RECEIVED: _rated,
    EventType.REOPENED: _reopened,
}
