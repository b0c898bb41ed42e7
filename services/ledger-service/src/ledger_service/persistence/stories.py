"""Reads what is known of complaints, for showing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import EventType, Status
from ledger_service.persistence.categories import within
from ledger_service.persistence.tables import entry, ledger_complaint
from operations.filters import BoundingBox

Row = Mapping[str, Any]


# Written out once: as an expression of so many columns, it would be a good part of the work of showing a complaint.
_COMPLAINT = f"SELECT {', '.join(ledger_complaint.c.keys())} FROM ledger_complaint WHERE tenant = :tenant"
_ONE = sa.text(f"{_COMPLAINT} AND complaint_id = :id AND (CAST(:owner AS text) IS NULL OR owner = :owner)")
_BY_NUMBER = sa.text(f"{_COMPLAINT} AND number = :number AND query_code_digest IS NOT NULL LIMIT 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    statuses: tuple[Status, ...] = ()
    category: str | None = None
    """With all levels below it."""
    source: str | None = None
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    bbox: BoundingBox | None = None
    updated_after: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """Exclusive, so that two periods side by side share no complaint."""


async def complaint(connection: AsyncConnection, tenant: str, complaint_id: UUID, *, owner: str | None) -> Row | None:
    """Return a complaint of `tenant`, or None; with `owner`, only where it is theirs."""
    found = await connection.execute(_ONE, {"tenant": tenant, "id": complaint_id, "owner": owner})
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def by_number(connection: AsyncConnection, tenant: str, number: str) -> Row | None:
    """Return the complaint of that number, if there is a query code for it."""
    found = await connection.execute(_BY_NUMBER, {"tenant": tenant, "number": number})
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def result(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> str | None:
    """Return what the event of the newest result of a complaint says, as it came; None where there is none."""
    statement = (
        sa.select(entry.c.data)
        .where(
            entry.c.tenant == tenant,
            entry.c.complaint_id == complaint_id,
            entry.c.source == "dispatch",
            entry.c.type == EventType.RESOLVED,
        )
        .order_by(entry.c.sequence.desc())
        .limit(1)
    )
    said: str | None = await connection.scalar(statement)
    return said


async def timeline(connection: AsyncConnection, tenant: str, complaint_id: UUID, *, version: int) -> Sequence[Row]:
    """Return the entries that made up `version` of a complaint, in order.

    A version counts entries, so what was entered since the complaint was read is left out.
    """
    statement = (
        sa.select(entry)
        .where(entry.c.tenant == tenant, entry.c.complaint_id == complaint_id)
        .order_by(entry.c.position)
        .limit(version)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def page(
    connection: AsyncConnection,
    tenant: str,
    wanted: ComplaintFilter,
    *,
    owner: str | None,
    before: UUID | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` complaints of `tenant`, newest first, received before the complaint `before`.

    With `owner`, theirs only. The order is that of the ids (UUIDv7), which never changes: a page never shifts.
    """
    columns = ledger_complaint.c
    statement = sa.select(ledger_complaint).where(columns.tenant == tenant, *_conditions(wanted))
    if owner is not None:
        statement = statement.where(columns.owner == owner)
    if before is not None:
        statement = statement.where(columns.complaint_id < before)
    rows = await connection.execute(statement.order_by(columns.complaint_id.desc()).limit(size))
    return [dict(row) for row in rows.mappings()]


def _conditions(wanted: ComplaintFilter) -> list[sa.ColumnElement[bool]]:
    columns = ledger_complaint.c
    conditions = [
        columns[name] == getattr(wanted, name)
        for name in ("source", "community", "grid", "team")
        if getattr(wanted, name) is not None
    ]
    if wanted.category is not None:
        conditions.append(within(columns.category, wanted.category))
    if wanted.statuses:
        conditions.append(columns.status.in_(wanted.statuses))
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        conditions += [columns.lon.between(west, east), columns.lat.between(south, north)]
    if wanted.updated_after is not None:
        conditions.append(columns.updated_at > wanted.updated_after)
    if wanted.received_from is not None:
        conditions.append(columns.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        conditions.append(columns.received_at < wanted.received_to)
    return conditions
