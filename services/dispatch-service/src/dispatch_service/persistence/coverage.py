"""What coverage is computed from: grids, places, who is on duty there, and where cases were."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.opening_hours import opening_hours
from dispatch_service.domain.spots import Spot
from dispatch_service.persistence.rows import Row, as_rows
from eventbus.janitor import first_id_at

_GRIDS = sa.text("""
    SELECT community, CAST(geometry AS text) AS geometry FROM grid WHERE tenant = :tenant AND in_force ORDER BY code
""")
_SPOTS = sa.text("SELECT code, kind, lon, lat, hours FROM post WHERE tenant = :tenant ORDER BY code")
_DUTIES = sa.text("""
    SELECT DISTINCT post, begins_at, ends_at FROM duty
    WHERE tenant = :tenant AND state = 'planned' AND post IS NOT NULL AND ends_at > :first
    AND begins_at <= :last AND begins_at > CAST(:first AS timestamptz) - interval '1 day'
""")
_CASES = sa.text("""
    SELECT community, lon, lat FROM dispatch_case
    WHERE tenant = :tenant AND complaint_id >= :first AND complaint_id < :last AND lon IS NOT NULL
    ORDER BY complaint_id DESC LIMIT :size
""")


async def grids(connection: AsyncConnection, tenant: str) -> Sequence[Row]:
    """Return community and shape (GeoJSON text) of all grids in force."""
    return as_rows(await connection.execute(_GRIDS, {"tenant": tenant}))


async def spots(connection: AsyncConnection, tenant: str, first: datetime, last: datetime) -> Sequence[Spot]:
    """Return all posts and stations, with the duties there that go on at some moment from `first` to `last`."""
    duties = defaultdict[str, list[tuple[datetime, datetime]]](list)
    for row in await connection.execute(_DUTIES, {"tenant": tenant, "first": first, "last": last}):
        duties[row.post].append((row.begins_at, row.ends_at))
    return [
        Spot(
            row.code,
            row.kind,
            (row.lon, row.lat),
            None if row.hours is None else opening_hours(row.hours),
            duties.get(row.code, ()),
        )
        for row in await connection.execute(_SPOTS, {"tenant": tenant})
    ]


async def cases(
    connection: AsyncConnection, tenant: str, begin: datetime, end: datetime, *, size: int
) -> Sequence[Row]:
    """Return community and place of up to `size` cases that were received in a period, the newest first."""
    parameters = {"tenant": tenant, "first": first_id_at(begin), "last": first_id_at(end), "size": size}
    return as_rows(await connection.execute(_CASES, parameters))
