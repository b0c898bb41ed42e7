"""Cases that were put into another category."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

# No settings have the version -1, so that the clock is one that does not go by the present ones.
_WRITE = sa.text("""
    UPDATE dispatch_case AS c SET category = f.category, category_confidence = NULL, clock_version = -1
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:categories AS text[]))
        AS f (tenant, complaint_id, category)
    WHERE c.complaint_id = f.complaint_id AND c.tenant = f.tenant
""")


async def write(connection: AsyncConnection, changes: Sequence[tuple[str, UUID, str]]) -> None:
    """Write the categories of locked cases (tenant, id, category), in one statement; their clocks are renewed then."""
    tenants, ids, categories = zip(*changes, strict=True)
    await connection.execute(_WRITE, {"tenants": list(tenants), "ids": list(ids), "categories": list(categories)})
