"""Events for the suite, and what must be true of those that were applied."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.events import ComplaintReceived, Payload, Place
from contracts.lifecycle import EventType
from runtime.ids import uuid7

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def payload(description: str = "路灯不亮") -> ComplaintReceived:
    """A payload with every kind of field in it."""
    return ComplaintReceived(
        number="20241015-0001",
        source="hotline",
        proactive=False,
        category=None,
        description=description,
        location=Place(lon=107.2357, lat=26.5807, address="金南街道"),
        occurred_at=None,
        received_at=datetime.now(UTC),
    )


def event(
    subject: UUID | None = None,
    sequence: int = 1,
    *,
    data: Payload | None = None,
    event_type: EventType = EventType.RECEIVED,
) -> Event:
    """An event about `subject`, or about a complaint of its own."""
    return Event(
        id=uuid7(),
        type=event_type,
        source="intake",
        subject=subject or uuid7(),
        tenant="522723",
        time=datetime.now(UTC),
        sequence=sequence,
        correlation_id=uuid7(),
        causation_id=None,
        traceparent=TRACE,
        data=data or payload(),
    )


def story(length: int, subject: UUID | None = None, *, first: int = 1) -> list[Event]:
    """Successive events about one complaint."""
    subject = subject or uuid7()
    return [event(subject, sequence) for sequence in range(first, first + length)]


def stories(complaints: int, length: int) -> list[Event]:
    """Several complaints' events, interleaved: every complaint's first, then every complaint's second…"""
    subjects = [uuid7() for _ in range(complaints)]
    return [event(subject, sequence) for sequence in range(1, length + 1) for subject in subjects]


def ids(events: Iterable[Event[Any]]) -> list[UUID]:
    """The ids of `events`."""
    return [event.id for event in events]


def out_of_order(effects: Iterable[tuple[UUID, UUID, int]]) -> list[tuple[UUID, int, int]]:
    """The (subject, sequence, sequence) at which a complaint's effects are not 1, 2, 3…; empty is good."""
    by_subject: dict[UUID, list[int]] = defaultdict(lambda: [0])
    for _, subject, sequence in effects:
        by_subject[subject].append(sequence)
    return [(key, a, b) for key, found in by_subject.items() for a, b in pairwise(found) if b != a + 1]


def once_each(effects: Sequence[tuple[UUID, UUID, int]], events: Sequence[Event[Any]]) -> bool:
    """Tell whether exactly `events` took effect, each once, whatever the order of their keys."""
    return sorted(effect[0] for effect in effects) == sorted(ids(events))
