"""Grids as dispatch tells of them."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from intake_service.persistence.area_tables import grid_area


class KnownGrid(NamedTuple):
    """A grid as its event of that sequence says; `area` is JSON text."""

    tenant: str
    code: str
    sequence: int
    removed: bool
    community: str
    area: str


# What is older than what is known changes nothing: a compacted topic may leave out what was between.
_KEEP = Statement("""
    INSERT INTO grid_area (tenant, code, sequence, removed, community, area)
    SELECT tenant, code, sequence, removed, community, CAST(area AS jsonb)
    FROM unnest(CAST(:tenant AS text[]), CAST(:code AS text[]), CAST(:sequence AS int[]), CAST(:removed AS boolean[]),
                CAST(:community AS text[]), CAST(:area AS text[]))
        AS said (tenant, code, sequence, removed, community, area)
    ORDER BY tenant, code
    ON CONFLICT (tenant, code) DO UPDATE
    SET sequence = EXCLUDED.sequence, removed = EXCLUDED.removed, community = EXCLUDED.community, area = EXCLUDED.area
    WHERE grid_area.sequence < EXCLUDED.sequence
""")
_STATES = sa.text("""
    SELECT tenant, sum(sequence) AS state FROM grid_area WHERE tenant = ANY(CAST(:tenants AS text[])) GROUP BY tenant
""")


async def keep(connection: AsyncConnection, grids: Sequence[KnownGrid]) -> None:
    """Keep what is said, unless something newer is kept; each grid at most once."""
    if grids:
        await _KEEP.fetch(connection, arrays(KnownGrid._fields, grids))


async def states(connection: AsyncConnection, tenants: Collection[str]) -> dict[str, int]:
    """Return a number for each tenant that has grids, another one after each change of any."""
    return {row.tenant: int(row.state) for row in await connection.execute(_STATES, {"tenants": list(tenants)})}


async def present(connection: AsyncConnection, tenant: str) -> Sequence[Any]:
    """Return `code`, `community` and `area` of each grid that there is, by code."""
    query = sa.select(grid_area.c.code, grid_area.c.community, grid_area.c.area)
    query = query.where(grid_area.c.tenant == tenant, grid_area.c.removed.is_(False))
    return (await connection.execute(query.order_by(grid_area.c.code))).all()
