"""Complaints whose category was corrected: labels for the suggestion of categories."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

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
