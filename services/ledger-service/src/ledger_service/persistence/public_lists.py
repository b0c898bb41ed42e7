"""Reads what is public, and nothing besides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_PAGE = """
    SELECT public.ref, public.month, public.category, public.community, status, handling_mode,
           CASE WHEN status = 'closed' THEN CAST(floor(extract(epoch FROM closed_at - received_at) / 86400) AS int)
           END AS days
    FROM public_complaint AS public JOIN ledger_complaint USING (tenant, complaint_id)
    WHERE public.tenant = :tenant AND public.month = :month AND public.ref > :after {}
    ORDER BY public.ref LIMIT :size
"""
_CELLS = sa.text("SELECT cell, complaints FROM public_cell WHERE tenant = :tenant AND month = :month ORDER BY cell")


@dataclass(frozen=True)
class PublicFilter:
    """What is listed; None for any category or community, '' for what has no category."""

    month: date
    category: str | None = None
    community: str | None = None


async def page(
    connection: AsyncConnection, tenant: str, wanted: PublicFilter, *, after: UUID, size: int
) -> Sequence[Mapping[str, Any]]:
    """Return up to `size` complaints with a ref over `after`, in the order of their refs."""
    asked = {"category": wanted.category, "community": wanted.community}
    given = {name: value for name, value in asked.items() if value is not None}
    statement = sa.text(_PAGE.format(" ".join(f"AND public.{name} = :{name}" for name in given)))
    parameters = {"tenant": tenant, "month": wanted.month, "after": after, "size": size, **given}
    return [dict(row) for row in (await connection.execute(statement, parameters)).mappings()]


async def cells(connection: AsyncConnection, tenant: str, month: date) -> list[tuple[int, int]]:
    """Return the cells of the map of a month, with at least how many complaints each has."""
    rows = await connection.execute(_CELLS, {"tenant": tenant, "month": month})
    return [(row.cell, row.complaints) for row in rows]
