"""Appends entries that are about no complaint, and erases what they say."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from eventbus.driver import Statement, copy
from ledger_service.domain.entry_types import ERASURES, OwnType
from ledger_service.domain.sealing import SALT_BYTES

_COLUMNS = (
    "tenant",
    "event_id",
    "type",
    "subject",
    "sequence",
    "actor",
    "occurred_at",
    "data",
    "source",
    "salt",
)
_TAKE_NUMBER = sa.text("SELECT pg_current_xact_id()")
_TOLD = f"entry.data IS NOT NULL AND entry.type NOT IN {ERASURES}"
_ERASE = Statement(f"""
    UPDATE entry SET data = NULL, actor = NULL, salt = NULL
    FROM unnest(CAST(:tenants AS text[]), CAST(:subjects AS uuid[])) AS e (tenant, subject)
    WHERE entry.tenant = e.tenant AND entry.subject = e.subject AND {_TOLD}
""")
_IS_TOLD = sa.text(f"SELECT EXISTS (SELECT FROM entry WHERE tenant = :tenant AND subject = :subject AND {_TOLD})")
_ENTERED = sa.text("""
    SELECT event_id FROM entry
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND subject = ANY(CAST(:subjects AS uuid[]))
      AND event_id = ANY(CAST(:ids AS uuid[]))
""")


class OwnEntry(NamedTuple):
    """An entry that the ledger makes itself, about something that is no complaint."""

    tenant: str
    event_id: UUID
    """That of the event which says the same, or a new UUIDv7."""
    type: OwnType
    subject: UUID
    """What it is about: an activity, an export."""
    sequence: int
    """Counts the entries about the subject, from 1; the database refuses a second one of a number."""
    actor: str
    occurred_at: datetime
    data: str
    """A JSON object as text. Like the actor it is sealed by its digest only."""


async def append(connection: AsyncConnection, entries: Sequence[OwnEntry]) -> None:
    """Write `entries` in order, in the caller's transaction; the database numbers them and notes the time.

    A transaction must have its number before it takes positions (see `persistence.seals`), so it takes one here.
    """
    await connection.execute(_TAKE_NUMBER)
    rows = [(*entry, "ledger", os.urandom(SALT_BYTES)) for entry in entries]
    await copy(connection, "entry", _COLUMNS, rows)


async def erase(connection: AsyncConnection, about: Sequence[tuple[str, UUID]]) -> None:
    """Let go of all that was said about these subjects, each with its tenant; that it is erased is entered already."""
    values = {"tenants": [tenant for tenant, _ in about], "subjects": [subject for _, subject in about]}
    await _ERASE.fetch(connection, values)


async def is_told(connection: AsyncConnection, tenant: str, subject: UUID) -> bool:
    """Say whether an entry about the subject says something that an erasure would take."""
    return bool(await connection.scalar(_IS_TOLD, {"tenant": tenant, "subject": subject}))


async def entered(connection: AsyncConnection, events: Sequence[Event[Any]]) -> set[UUID]:
    """Return the ids of those events about which there are entries, of the same ids."""
    if not events:
        return set()
    tenants = list({event.tenant for event in events})
    about = {"tenants": tenants, "subjects": [event.subject for event in events], "ids": [event.id for event in events]}
    return set((await connection.execute(_ENTERED, about)).scalars())
