"""Complaints as Open311 lists them: what a partner filed, or all of a tenant without anything private."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import ENDED, UNCOUNTED
from intake_service.persistence.tables import complaint
from runtime.auth import Caller

UNCATEGORISED = "other"
"""The service of what has no category yet."""
_NEVER_PUBLIC = UNCOUNTED
_SHOWN = (
    complaint.c.number,
    complaint.c.status,
    complaint.c.category,
    complaint.c.description,
    complaint.c.address,
    complaint.c.lon,
    complaint.c.lat,
    complaint.c.unit,
    complaint.c.received_at,
    complaint.c.updated_at,
)


@dataclass(frozen=True)
class Span:
    """Requests of a time, of some services, in one of the two states; None leaves open."""

    begin: datetime
    end: datetime
    services: Collection[str] | None = None
    is_closed: bool | None = None


class ServiceRequests:
    """Reads them on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Only reads."""
        self._engine = engine

    async def of_span(
        self, tenant: str, partner: Caller | None, span: Span, *, offset: int, limit: int
    ) -> Sequence[Any]:
        """Return the requests of a span that the partner, or anybody, may see, newest first."""
        conditions = [complaint.c.received_at >= span.begin, complaint.c.received_at < span.end]
        if span.services is not None:
            is_one = complaint.c.category.in_(span.services)
            conditions.append(is_one | complaint.c.category.is_(None) if UNCATEGORISED in span.services else is_one)
        if span.is_closed is not None:
            closed = complaint.c.status.in_(ENDED)
            conditions.append(closed if span.is_closed else sa.not_(closed))
        query = sa.select(*_SHOWN).where(*_visible(tenant, partner), *conditions)
        async with self._engine.connect() as connection:
            return (await connection.execute(query.order_by(complaint.c.id.desc()).offset(offset).limit(limit))).all()

    async def of_numbers(self, tenant: str, partner: Caller | None, numbers: Collection[str]) -> Sequence[Any]:
        """Return those of the requests with these numbers that the partner, or anybody, may see, newest first."""
        query = sa.select(*_SHOWN).where(*_visible(tenant, partner), complaint.c.number.in_(numbers))
        async with self._engine.connect() as connection:
            return (await connection.execute(query.order_by(complaint.c.id.desc()))).all()


def _visible(tenant: str, partner: Caller | None) -> list[sa.ColumnElement[bool]]:
    if partner is not None:
        return [complaint.c.tenant == partner.tenant, complaint.c.created_by == partner.subject]
    return [
        complaint.c.tenant == tenant,
        sa.not_(complaint.c.confidential),
        complaint.c.erased_at.is_(None),
        complaint.c.status.not_in(_NEVER_PUBLIC),
    ]
