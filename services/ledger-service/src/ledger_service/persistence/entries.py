"""Appends entries to the ledger."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import PAYLOADS, Acted, ComplaintReceived
from contracts.lifecycle import EventType
from eventbus.driver import copy
from ledger_service.domain.complaint import Entry

_COLUMNS = (
    "tenant",
    "event_id",
    "complaint_id",
    "type",
    "source",
    "sequence",
    "status_before",
    "status_after",
    "actor",
    "occurred_at",
    "data",
)
_ACTED = frozenset(event_type for event_type, payload in PAYLOADS.items() if "actor" in payload.model_fields)


async def append(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Write `entries` in order, in one statement; the database numbers them and notes the time."""
    await copy(connection, "entry", _COLUMNS, [_row(*entry) for entry in entries])


def _row(event: Event, before: str | None, after: str) -> tuple[object, ...]:
    return (
        event.tenant,
        event.id,
        event.subject,
        event.type,
        event.source,
        event.sequence,
        before,
        after,
        _actor(event),
        event.time,
        _payload(event),
    )


def _actor(event: Event) -> str | None:
    """Return the subject of whoever caused the event by hand; of a reception, the reporter's, where it is known."""
    if event.type in _ACTED:
        return cast(Acted, event.data).actor
    return cast(ComplaintReceived, event.data).owner if event.type is EventType.RECEIVED else None


def _payload(event: Event) -> str:
    """Return the value as it came, with fields of newer versions; of an event made here, as the outbox writes it."""
    return event.raw.decode() if event.raw else event.data.model_dump_json(exclude_none=True)
