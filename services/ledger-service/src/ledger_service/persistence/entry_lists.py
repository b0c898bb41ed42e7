"""Reads entries of all kinds, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.entry_types import EntryType
from ledger_service.persistence.entry_times import first_since
from ledger_service.persistence.late_index import IS_LATE, MOST_DELAY
from ledger_service.persistence.rare_index import IS_RARE, USUAL
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import entry

_Condition = sa.ColumnElement[bool] | sa.TextClause


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    types: tuple[EntryType, ...] = ()
    complaint: UUID | None = None
    subject: UUID | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    """Exclusive, so that two periods side by side share no entry."""


@dataclass(frozen=True, slots=True)
class Span:
    """The positions among which entries of a time of occurrence are, but for those that were recorded late."""

    first: int | None = None
    end: int | None = None
    """Exclusive."""


async def page(
    connection: AsyncConnection, tenant: str, wanted: EntryFilter, *, before: int | None, size: int
) -> Sequence[Row]:
    """Return up to `size` entries of `tenant`, newest first, from below the position `before`."""
    found = await connection.execute(
        statement(tenant, wanted, await span(connection, tenant, wanted), before=before, size=size)
    )
    return [dict(row) for row in found.mappings()]


async def span(connection: AsyncConnection, tenant: str, wanted: EntryFilter) -> Span:
    """Return where to look; of one complaint or subject there are few entries, wherever they are."""
    if wanted.complaint is not None or wanted.subject is not None:
        return Span()
    begin, end = wanted.occurred_from, wanted.occurred_to
    return Span(
        None if begin is None else await first_since(connection, tenant, begin - MOST_DELAY),
        None if end is None else await first_since(connection, tenant, end + MOST_DELAY),
    )


def statement(tenant: str, wanted: EntryFilter, span: Span, *, before: int | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page: of those in the span, and of those that were recorded late behind it."""
    columns = entry.c
    conditions = _conditions(tenant, wanted)
    if before is not None:
        conditions.append(columns.position < before)
    if span.first is not None:
        conditions.append(columns.position >= span.first)
    if span.end is None:
        return _newest(conditions, size)
    there = _newest([*conditions, columns.position < span.end], size)
    late = _newest([*conditions, columns.position >= span.end, sa.text(IS_LATE)], size)
    both = sa.union_all(there.subquery().select(), late.subquery().select()).subquery()
    return sa.select(both).order_by(both.c.position.desc()).limit(size)


def _conditions(tenant: str, wanted: EntryFilter) -> list[_Condition]:
    columns = entry.c
    conditions: list[_Condition] = [columns.tenant == tenant]
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
    return conditions


def _newest(conditions: Sequence[_Condition], size: int) -> sa.Select[Any]:
    return sa.select(entry).where(*conditions).order_by(entry.c.position.desc()).limit(size)
