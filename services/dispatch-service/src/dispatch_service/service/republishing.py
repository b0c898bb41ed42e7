"""Publishes a county's whole directory again, for readers that begin from nothing after the topic was lost."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import county
from dispatch_service.persistence.rows import Row
from dispatch_service.service.directory import DUTY, GRID, SORTS, TEAM, Occasion, Sort, announce


async def publish_directory(connection: AsyncConnection, occasion: Occasion, *, dry_run: bool) -> int:
    """Publish every thing that is there, as new events, and return how many; with `dry_run` only count them.

    What was removed is not told again. The caller holds the county's lock.
    """
    things = 0
    for sort in (*SORTS, DUTY):
        rows = await _all(connection, occasion.tenant, sort)
        things += len(rows)
        if not dry_run:
            await announce(connection, occasion, sort, rows)
    return things


async def _all(connection: AsyncConnection, tenant: str, sort: Sort) -> Sequence[Row]:
    if sort is GRID:
        return await county.grids_in_force(connection, tenant)
    rows = await county.all_rows(connection, sort.table, tenant)
    return await county.with_members(connection, tenant, rows) if sort is TEAM else rows
