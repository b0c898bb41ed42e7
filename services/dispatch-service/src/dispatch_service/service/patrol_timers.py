"""Marks patrols as missed whose time is over."""

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from dispatch_service.persistence import patrols

MISSED = Counter("jieban_patrols_missed", "Patrols that were marked as missed")
OLDEST = Gauge("jieban_patrols_oldest_seconds", "For how long the oldest patrol has been over and not marked")
_BATCH = 500


async def miss_overdue(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Mark all patrols that are due, up to `size` in a transaction; return how many.

    Any number of replicas may do it at once: whoever holds a patrol's row decides.
    """
    missed = 0
    while True:
        async with engine.begin() as connection:
            batch = await patrols.miss_due(connection, size)
        MISSED.inc(batch)
        missed += batch
        if batch < size:
            break
    async with engine.connect() as connection:
        OLDEST.set(await patrols.oldest_due_seconds(connection))
    return missed
