"""Appends entries that are about no complaint."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import copy
from ledger_service.domain.entry_types import OwnType
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


class OwnEntry(NamedTuple):
    """An entry that the ledger makes itself, about something that is no complaint."""

    tenant: str
    event_id: UUID
    """A new UUIDv7."""
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
