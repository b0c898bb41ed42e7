"""Where in the ledger to look for what happened at a time: entries are in the order in which they were recorded."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

# Halves the positions between `low` and `high` until they are next to each other: a look at one entry each time.
_FIRST_SINCE = sa.text("""
    WITH RECURSIVE search (low, high) AS (
        SELECT min(position) - 1, max(position) + 1 FROM entry WHERE tenant = :tenant
        UNION ALL
        SELECT CASE WHEN probe.position < high AND probe.recorded_at < :at THEN probe.position ELSE low END,
               CASE WHEN probe.position < high AND probe.recorded_at < :at THEN high ELSE (low + high) / 2 END
        FROM search LEFT JOIN LATERAL (
            SELECT position, recorded_at FROM entry WHERE tenant = :tenant AND position >= (low + high) / 2
            ORDER BY position LIMIT 1) AS probe ON true
        WHERE high - low > 1)
    SELECT min(high) FROM search
""")


async def first_since(connection: AsyncConnection, tenant: str, at: datetime) -> int:
    """Return the position from which on entries of `tenant` were recorded at `at` or later; 0 without entries.

    It is exact to the moments by which transactions that were open together may have changed places.
    """
    return int(await connection.scalar(_FIRST_SINCE, {"tenant": tenant, "at": at}) or 0)
