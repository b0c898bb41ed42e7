"""Reads entries of all kinds, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.entry_types import EntryType
from ledger_service.persistence.rare_index import IS_RARE, USUAL
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    types: tuple[EntryType, ...] = ()
    complaint: UUID | None = None
    subject: UUID | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    """Exclusive, so that two periods side by side share no entry."""


async def page(
    connection: AsyncConnection, tenant: str, wanted: EntryFilter, *, before: int | None, size: int
) -> Sequence[Row]:
    """Return up to `size` entries of `tenant`, newest first, from below the position `before`."""
    found = await connection.execute(statement(tenant, wanted, before=before, size=size))
    return [dict(row) for row in found.mappings()]


def statement(tenant: str, wanted: EntryFilter, *, before: int | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page."""
    columns = entry.c
    conditions: list[sa.ColumnElement[bool] | sa.TextClause] = [columns.tenant == tenant]
    if wanted.types:
        conditions.append(columns.type.in_(wanted.types))
        if USUAL.isdisjoint(wanted.types):
            conditions.append(sa.text(IS_RARE))
    if wanted.complaint is not None:
        conditions.append(columns.complaint_id == wanted.complaint)
    if wanted.subject is not None:
        conditions.append(columns.subject == wanted.subject)
    if wanted.occurred_from is not None:
        conditions.append(columns.occurred_at >= wanted.occurred_from)
    if wanted.occurred_to is not None:
        conditions.append(columns.occurred_at < wanted.occurred_to)
    if before is not None:
        conditions.append(columns.position < before)
    return sa.select(entry).where(*conditions).order_by(columns.position.desc()).limit(size)
