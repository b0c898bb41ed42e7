"""The read side: SQL to rows, always within one tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.similar import affected
from intake_service.persistence.tables import complaint, reporter
from operations.filters import BoundingBox
from runtime.auth import Caller


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; None leaves a field open."""

    status: str | None = None
    category: str | None = None
    source: str | None = None
    community: str | None = None
    grid: str | None = None
    external_ref: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    updated_after: datetime | None = None
    bbox: BoundingBox | None = None
    kind: str | None = None
    outside_area: bool | None = None
    located: bool | None = None
    """Whether its coordinates are known."""


_ATTACHMENTS = sa.func.array(
    sa.select(attachment.c.id)
    .where(attachment.c.complaint_id == complaint.c.id)
    .order_by(attachment.c.id)
    .scalar_subquery()
).label("attachments")
_member = complaint.alias("member")
_OF_MEMBERS = _member.c.merged_into == complaint.c.id
_MEMBERS = sa.func.array(
    sa.select(_member.c.id).where(_OF_MEMBERS).order_by(_member.c.id).correlate(complaint).scalar_subquery()
).label("merged")
_TAKEN_OVER = sa.func.array(
    sa.select(attachment.c.id)
    .join(_member, attachment.c.complaint_id == _member.c.id)
    .where(_OF_MEMBERS)
    .order_by(attachment.c.id)
    .correlate(complaint)
    .scalar_subquery()
).label("taken_over")
_READ = sa.select(
    complaint,
    reporter.c.name,
    reporter.c.phone,
    reporter.c.email,
    _ATTACHMENTS,
    _MEMBERS,
    _TAKEN_OVER,
    affected(complaint.c.id).label("affected"),
).outerjoin_from(complaint, reporter, reporter.c.complaint_id == complaint.c.id)


class Complaints:
    """Reads complaints on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Only reads."""
        self._engine = engine

    async def one(self, complaint_id: UUID, caller: Caller) -> Any | None:
        """Return the complaint if it exists and `caller` may see it, else None."""
        query = _READ.where(complaint.c.id == complaint_id, *_visible(caller))
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).one_or_none()

    async def page(self, caller: Caller, filters: Filters, before: UUID | None, limit: int) -> Sequence[Any]:
        """Return up to `limit` complaints that `caller` may see, newest first, older than `before`."""
        query = _READ.where(*_visible(caller), *_narrowed(filters))
        if before is not None:
            query = query.where(complaint.c.id < before)
        async with self._engine.connect() as connection:
            return (await connection.execute(query.order_by(complaint.c.id.desc()).limit(limit))).all()


def _visible(caller: Caller) -> list[sa.ColumnElement[bool]]:
    """Staff see their tenant; all others see what they reported."""
    conditions: list[sa.ColumnElement[bool]] = [complaint.c.tenant == caller.tenant]
    if not caller.has(*STAFF):
        conditions.append(complaint.c.created_by == caller.subject)
    return conditions


def _narrowed(filters: Filters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        complaint.c[name] == value
        for name in ("status", "source", "kind", "outside_area", "community", "grid", "external_ref")
        if (value := getattr(filters, name)) is not None
    ]
    if filters.category is not None:  # a 大类 stands for its 小类 too
        below = complaint.c.category.startswith(f"{filters.category}.", autoescape=True)
        conditions.append((complaint.c.category == filters.category) | below)
    if filters.received_from is not None:
        conditions.append(complaint.c.received_at >= filters.received_from)
    if filters.received_to is not None:
        conditions.append(complaint.c.received_at < filters.received_to)
    if filters.updated_after is not None:
        conditions.append(complaint.c.updated_at > filters.updated_after)
    if filters.located is not None:
        conditions.append(complaint.c.lon.is_not(None) if filters.located else complaint.c.lon.is_(None))
    if filters.bbox is not None:
        west, south, east, north = filters.bbox
        conditions += [complaint.c.lon.between(west, east), complaint.c.lat.between(south, north)]
    return conditions
