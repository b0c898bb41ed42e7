"""What patrols need to know of the county: teams, grids, posts, shifts."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.roster_tables import shift
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import grid, post

_NEAR = sa.text("""
    SELECT code, name, lon, lat FROM post
    WHERE tenant = :tenant AND lon BETWEEN :west AND :east AND lat BETWEEN :south AND :north ORDER BY code
""")


async def posts(connection: AsyncConnection, tenant: str, codes: Collection[str]) -> dict[str, Row]:
    """Return name and place of those of the `codes` that are posts, by code."""
    columns = (post.c.code, post.c.name, post.c.lon, post.c.lat)
    statement = sa.select(*columns).where(post.c.tenant == tenant, post.c.code.in_(codes))
    return {row["code"]: row for row in as_rows(await connection.execute(statement))}


async def posts_within(connection: AsyncConnection, tenant: str, box: tuple[float, float, float, float]) -> list[Row]:
    """Return name and place of the posts within west, south, east, north in WGS84 degrees."""
    west, south, east, north = box
    values = {"tenant": tenant, "west": west, "south": south, "east": east, "north": north}
    return list(as_rows(await connection.execute(_NEAR, values)))


async def grid_community(connection: AsyncConnection, tenant: str, code: str) -> str | None:
    """Return the community of a grid in force; None where there is no such grid."""
    conditions = (grid.c.tenant == tenant, grid.c.code == code, grid.c.in_force)
    community: str | None = (await connection.execute(sa.select(grid.c.community).where(*conditions))).scalar()
    return community


async def has_shift(connection: AsyncConnection, tenant: str, code: str) -> bool:
    """Say whether there is a shift; it is not removed until the transaction ends."""
    statement = sa.select(shift.c.code).where(shift.c.tenant == tenant, shift.c.code == code)
    return (await connection.execute(statement.with_for_update(key_share=True, read=True))).one_or_none() is not None
