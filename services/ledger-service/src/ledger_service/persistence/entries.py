"""Appends entries to the ledger."""

import os
from collections.abc import Collection, Sequence
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import PAYLOADS, Acted, ComplaintReceived
from contracts.lifecycle import EventType
from eventbus.driver import copy
from ledger_service.domain.complaint import Entry
from ledger_service.domain.sealing import SALT_BYTES

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
    "salt",
)
_KNOWN = sa.text("""
    SELECT event_id FROM entry
    WHERE complaint_id = ANY(CAST(:complaints AS uuid[])) AND event_id = ANY(CAST(:ids AS uuid[]))
""")
_ACTED = frozenset(event_type for event_type, payload in PAYLOADS.items() if "actor" in payload.model_fields)


async def append(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Write `entries` in order, in one statement; the database numbers them and notes the time."""
    salts = os.urandom(len(entries) * SALT_BYTES)
    rows = [(*_row(*entry), salts[at * SALT_BYTES : (at + 1) * SALT_BYTES]) for at, entry in enumerate(entries)]
    await copy(connection, "entry", _COLUMNS, rows)


async def known(connection: AsyncConnection, complaints: Collection[UUID], ids: Collection[UUID]) -> set[UUID]:
    """Return those of the event `ids` that have an entry in one of these complaints' histories."""
    found = await connection.execute(_KNOWN, {"complaints": list(complaints), "ids": list(ids)})
    return set(found.scalars())


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
