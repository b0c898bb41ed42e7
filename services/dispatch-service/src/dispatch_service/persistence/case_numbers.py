"""Cases by the numbers that people know."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.tables import dispatch_case


async def find(connection: AsyncConnection, tenant: str, numbers: Collection[str]) -> dict[str, UUID]:
    """Return the ids of those of the cases that there are, by number."""
    columns = dispatch_case.c
    statement = sa.select(columns.number, columns.complaint_id).where(
        columns.tenant == tenant, columns.number.in_(numbers)
    )
    return {row.number: row.complaint_id for row in await connection.execute(statement)}
