"""Tells how many of each team are on duty when that changes: somebody clocks, a duty begins, ends or is planned.

What was told last is kept by team. Whoever tells holds that row and counts under it, so any number of replicas may
look, and each change is told once.
"""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.persistence import duty_counts
from dispatch_service.service.directory import DUTY, Occasion, announce
from runtime.clock import now

_BATCH = 200


async def tell(connection: AsyncConnection, occasion: Occasion, teams: Collection[str]) -> int:
    """Count who of `teams` is on duty, and publish it where it is news; return of how many teams."""
    news = await duty_counts.renew(connection, occasion.tenant, teams)
    await announce(connection, occasion, DUTY, news)
    return len(news)


async def tell_changes(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Tell of all teams of which something else was told than is so now; return how many."""
    async with engine.connect() as connection:
        tenants = await duty_counts.tenants(connection)
    told = 0
    for tenant in tenants:
        is_more = True
        while is_more:
            async with engine.begin() as connection:
                teams = await duty_counts.changed(connection, tenant, size=size)
                if teams:
                    told += await tell(connection, Occasion(tenant, now()), teams)
            is_more = len(teams) == size
    return told
