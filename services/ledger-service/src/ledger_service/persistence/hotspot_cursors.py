"""How far the entries of each tenant are read for hot spots, and when these were looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

# who has nothing but what was read, and was looked at lately, is left alone
_DUE = sa.text("""
    SELECT chain.tenant FROM chain LEFT JOIN hotspot_cursor AS read USING (tenant)
    WHERE chain.settled > coalesce(read.position, 0) OR read.found_at IS NULL OR read.found_at <= :before
    ORDER BY chain.tenant
""")
_BEGIN = sa.text("INSERT INTO hotspot_cursor (tenant) VALUES (:tenant) ON CONFLICT DO NOTHING")
_LOCK = sa.text("SELECT position, found_at FROM hotspot_cursor WHERE tenant = :tenant FOR UPDATE SKIP LOCKED")
_SAVE = sa.text("UPDATE hotspot_cursor SET position = :position, found_at = :found_at WHERE tenant = :tenant")
_OLDEST = sa.text("SELECT coalesce(extract(epoch FROM :at - min(found_at)), 0) FROM hotspot_cursor")


@dataclass
class Cursor:
    """How far a tenant is; locked until the transaction ends."""

    tenant: str
    position: int
    found_at: datetime | None


async def due(connection: AsyncConnection, *, before: datetime) -> Sequence[str]:
    """Return the tenants that have entries to read, or were not looked at since `before`."""
    return (await connection.execute(_DUE, {"before": before})).scalars().all()


async def lock(connection: AsyncConnection, tenant: str) -> Cursor | None:
    """Return how far a tenant is; None where somebody else is at it now."""
    await connection.execute(_BEGIN, {"tenant": tenant})
    row = (await connection.execute(_LOCK, {"tenant": tenant})).one_or_none()
    return None if row is None else Cursor(tenant, row.position, row.found_at)


async def save(connection: AsyncConnection, cursor: Cursor) -> None:
    """Keep how far a locked tenant is now."""
    parameters = {"tenant": cursor.tenant, "position": cursor.position, "found_at": cursor.found_at}
    await connection.execute(_SAVE, parameters)


async def oldest_seconds(connection: AsyncConnection, at: datetime) -> float:
    """Return how long ago, at `at`, hot spots were looked for where that is longest ago."""
    return float((await connection.execute(_OLDEST, {"at": at})).scalar_one())
