"""Enters who took what out of the ledger: an export is a line of the ledger itself."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.entry_types import OwnType
from ledger_service.persistence.own_entries import OwnEntry, append
from runtime.ids import uuid7


async def note_export(
    connection: AsyncConnection,
    tenant: str,
    actor: str,
    told: Mapping[str, Any],
    *,
    at: datetime,
    subject: UUID | None = None,
    sequence: int = 1,
) -> None:
    """Enter that `actor` gets an export, in the caller's transaction, which must be over before the first byte is sent.

    `told` says which ledger, by what filters, in which form, and how many lines: nothing of what stands in them.
    `subject` is the export, where it has an id, and `sequence` counts how often it was fetched.
    """
    entry = OwnEntry(
        tenant=tenant,
        event_id=uuid7(),
        type=OwnType.EXPORT_MADE,
        subject=subject or uuid7(),
        sequence=sequence,
        actor=actor,
        occurred_at=at,
        data=json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    )
    await append(connection, [entry])
