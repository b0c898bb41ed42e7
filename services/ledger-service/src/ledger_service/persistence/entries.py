"""Appends entries to the ledger."""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import PAYLOADS, Acted, ComplaintReceived
from contracts.lifecycle import EventType
from eventbus.driver import Statement, copy
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
    "recorded_at",
    "salt",
)
_MOMENT = Statement("SELECT clock_timestamp() AS at")
_KNOWN = sa.text("""
    SELECT event_id FROM entry
    WHERE complaint_id = ANY(CAST(:complaints AS uuid[])) AND event_id = ANY(CAST(:ids AS uuid[]))
""")
_HISTORIES = sa.text("""
    SELECT event_id, type, source, complaint_id, tenant, occurred_at, sequence, data, recorded_at FROM entry
    WHERE complaint_id = ANY(CAST(:complaints AS uuid[])) AND data IS NOT NULL ORDER BY position
""")
_HAVING = sa.text("""
    SELECT count(DISTINCT complaint_id) FROM entry
    WHERE complaint_id = ANY(CAST(:complaints AS uuid[])) AND type = ANY(CAST(:types AS text[]))
""")
_ACTED = frozenset(event_type for event_type, payload in PAYLOADS.items() if "actor" in payload.model_fields)


async def moment(connection: AsyncConnection) -> datetime:
    """Return the time by the database's clock, for what is recorded together.

    Taken when the complaints are locked, it is never before that of an earlier entry of one of them.
    """
    [row] = await _MOMENT.fetch(connection, {})
    at: datetime = row["at"]
    return at


async def append(connection: AsyncConnection, entries: Sequence[Entry], at: datetime) -> None:
    """Write `entries` in order, in one statement, as recorded `at` a `moment`; the database numbers them."""
    salts = os.urandom(len(entries) * SALT_BYTES)
    rows = [
        (*_row(*entry), at, salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]) for place, entry in enumerate(entries)
    ]
    await copy(connection, "entry", _COLUMNS, rows)


async def known(connection: AsyncConnection, complaints: Collection[UUID], ids: Collection[UUID]) -> set[UUID]:
    """Return those of the event `ids` that have an entry in one of these complaints' histories."""
    found = await connection.execute(_KNOWN, {"complaints": list(complaints), "ids": list(ids)})
    return set(found.scalars())


async def count_having(connection: AsyncConnection, complaints: Collection[UUID], types: Collection[EventType]) -> int:
    """Return how many of these complaints have an entry of one of these kinds."""
    return int(await connection.scalar(_HAVING, {"complaints": list(complaints), "types": list(types)}) or 0)


async def histories(
    connection: AsyncConnection, complaints: Collection[UUID]
) -> Mapping[UUID, Sequence[tuple[Event, datetime]]]:
    """Return the events of complaints, each with when it was recorded, in order.

    What only traces them is left out, and so are entries whose texts were erased.
    """
    found: dict[UUID, list[tuple[Event, datetime]]] = {}
    for row in await connection.execute(_HISTORIES, {"complaints": list(complaints)}):
        event_type = EventType(row.type)
        event = Event(
            id=row.event_id,
            type=event_type,
            source=row.source,
            subject=row.complaint_id,
            tenant=row.tenant,
            time=row.occurred_at,
            sequence=row.sequence,
            correlation_id=row.event_id,
            causation_id=None,
            traceparent=None,
            data=PAYLOADS[event_type].model_validate_json(row.data),
        )
        found.setdefault(row.complaint_id, []).append((event, row.recorded_at))
    return found


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
