"""Takes hold of a complaint, so that nobody else changes it meanwhile."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.tables import complaint
from operations.problems import not_found


async def lock(connection: AsyncConnection, tenant: str, complaint_id: UUID, *, reporter: str | None = None) -> Any:
    """Return a complaint of the tenant, and of the reporter where one is given, locked; Problem 404 for none."""
    query = sa.select(complaint).where(complaint.c.id == complaint_id, complaint.c.tenant == tenant)
    if reporter is not None:
        query = query.where((complaint.c.owner == reporter) | (complaint.c.created_by == reporter))
    row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise not_found()
    return row
