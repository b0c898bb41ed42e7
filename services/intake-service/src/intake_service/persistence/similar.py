"""How complaints stand that are alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.likeness_tables import follower
from intake_service.persistence.tables import complaint


def affected(complaint_id: sa.ColumnElement[UUID]) -> sa.ScalarSelect[int]:
    """Return how many people say that a complaint is theirs too."""
    return (
        sa.select(sa.func.count())
        .where(follower.c.complaint_id == complaint_id, follower.c.is_affected)
        .correlate_except(follower)
        .scalar_subquery()
    )


async def present(connection: AsyncConnection, tenant: str, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return those of the complaints that the tenant has, by id, with how many people say `me too`."""
    if not ids:
        return {}
    query = sa.select(complaint, affected(complaint.c.id).label("affected"))
    rows = await connection.execute(query.where(complaint.c.tenant == tenant, complaint.c.id.in_(ids)))
    return {row.id: row for row in rows}
