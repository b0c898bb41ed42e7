"""Complaints whose category is known for sure: labels for the suggestion of categories."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from intake_service.persistence.tables import RECLASSIFIED, complaint


async def labels(connection: AsyncConnection, tenant: str, *, before: UUID | None, size: int) -> Sequence[Any]:
    """Return up to `size` of them with an id under `before`, newest first; what was erased is none any more."""
    columns = complaint.c
    statement = sa.select(
        columns.id, columns.description, columns.category, columns.suggested_category, columns.reclassifications
    ).where(columns.tenant == tenant, sa.text(RECLASSIFIED))
    if before is not None:
        statement = statement.where(columns.id < before)
    return (await connection.execute(statement.order_by(columns.id.desc()).limit(size))).all()


def _sure(tenant: str) -> list[sa.ColumnElement[bool]]:
    columns = complaint.c
    return [
        columns.tenant == tenant,
        columns.category.is_not(None),
        columns.description != "",
        (columns.status == Status.CLOSED) | sa.text(RECLASSIFIED),
        columns.status.not_in([Status.REJECTED, Status.VOIDED]),
    ]


async def count_sure(connection: AsyncConnection, tenant: str) -> int:
    """Return how many complaints of a tenant have a category for sure; see `sure`."""
    return int((await connection.execute(sa.select(sa.func.count()).where(*_sure(tenant)))).scalar_one())


async def sure(connection: AsyncConnection, tenant: str, *, before: UUID | None, size: int) -> Sequence[Any]:
    """Return `id`, `description` and `category` of up to `size` of them with an id under `before`, newest first.

    A category is sure once the complaint was closed under it, or somebody has corrected it. What was erased is left
    out, and what was no complaint.
    """
    columns = complaint.c
    statement = sa.select(columns.id, columns.description, columns.category).where(*_sure(tenant))
    if before is not None:
        statement = statement.where(columns.id < before)
    return (await connection.execute(statement.order_by(columns.id.desc()).limit(size))).all()
