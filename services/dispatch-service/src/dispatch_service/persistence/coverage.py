"""What coverage is computed from: grids, places, who is on duty, and where cases were."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from eventbus.janitor import first_id_at

_GRIDS = sa.text("""
    SELECT community, CAST(geometry AS text) AS geometry FROM grid WHERE tenant = :tenant AND in_force ORDER BY code
""")
_SPOTS = sa.text("""
    SELECT code, kind, lon, lat, EXISTS (
        SELECT FROM duty WHERE duty.tenant = post.tenant AND duty.post = post.code AND state = 'planned'
        AND begins_at <= :at AND ends_at > :at AND begins_at > CAST(:at AS timestamptz) - interval '1 day') AS on_duty
    FROM post WHERE tenant = :tenant ORDER BY code
""")
_CASES = sa.text("""
    SELECT community, lon, lat FROM dispatch_case
    WHERE tenant = :tenant AND complaint_id >= :first AND complaint_id < :last AND lon IS NOT NULL
    ORDER BY complaint_id DESC LIMIT :size
""")


async def grids(connection: AsyncConnection, tenant: str) -> Sequence[Row]:
    """Return community and shape (GeoJSON text) of all grids in force."""
    return as_rows(await connection.execute(_GRIDS, {"tenant": tenant}))


async def spots(connection: AsyncConnection, tenant: str, at: datetime) -> Sequence[Row]:
    """Return all posts and stations, and whether somebody is on duty there at a moment."""
    return as_rows(await connection.execute(_SPOTS, {"tenant": tenant, "at": at}))


async def cases(
    connection: AsyncConnection, tenant: str, begin: datetime, end: datetime, *, size: int
) -> Sequence[Row]:
    """Return community and place of up to `size` cases that were received in a period, the newest first."""
    parameters = {"tenant": tenant, "first": first_id_at(begin), "last": first_id_at(end), "size": size}
    return as_rows(await connection.execute(_CASES, parameters))
