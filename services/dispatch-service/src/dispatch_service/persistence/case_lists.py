"""Lists of cases, newest complaint first: a page never shifts while others work, since its key never changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.persistence.cases import SELECT
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import dispatch_case
from operations.filters import BoundingBox


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    statuses: tuple[Status, ...] = ()
    team: str | None = None
    grid: str | None = None
    community: str | None = None
    category: str | None = None
    source: str | None = None
    bbox: BoundingBox | None = None
    updated_after: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """Exclusive, so that two periods side by side share no case."""


async def page(
    connection: AsyncConnection, tenant: str, wanted: CaseFilter, *, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` cases of `tenant`, received before the case `after`."""
    statement = SELECT.where(dispatch_case.c.tenant == tenant, *_conditions(wanted))
    if after is not None:
        statement = statement.where(dispatch_case.c.complaint_id < after)
    rows = await connection.execute(statement.order_by(dispatch_case.c.complaint_id.desc()).limit(size))
    return as_rows(rows)


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    columns = dispatch_case.c
    conditions: list[sa.ColumnElement[bool]] = []
    for name in ("team", "grid", "community", "category", "source"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(columns[name] == value)
    if wanted.statuses:
        conditions.append(columns.status.in_([status.value for status in wanted.statuses]))
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
