"""Adds to the roll-ups what entries have changed in the figures."""

import asyncio
import time
from datetime import timedelta

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.persistence import statistics_folding

EVERY = timedelta(seconds=5)
"""The pause between two rounds: readers add up what has come since."""
BATCH = 1_000
"""Changes of one transaction: some tenths of a second, or a few seconds where slices of a backlog are one change."""
MOST = 10_000
"""Changes of one round."""
_REST, _LONGEST_REST = 3, 3.0
"""Behind a backlog, three quarters of the time are left to the consumers: they need the processor more."""
_FOLDED = Counter("jieban_statistics_changes_folded_total", "Changes of figures that were added to the roll-ups")
_OLDEST = Gauge(
    "jieban_statistics_oldest_seconds", "How long the oldest change of figures has waited to be added to the roll-ups"
)


async def fold_changes(engine: AsyncEngine, zone: str, *, batch: int = BATCH) -> int:
    """Add changes to the roll-ups, a batch a transaction; return how many there were.

    One replica at a time does it. `zone` is the time zone of the tenants' days.
    """
    folded = 0
    while folded < MOST:
        begun = time.monotonic()
        async with engine.begin() as connection:
            taken = await statistics_folding.fold(connection, zone=zone, batch=batch)
        folded += taken
        _FOLDED.inc(taken)
        if taken < batch:
            break
        await asyncio.sleep(min(_REST * (time.monotonic() - begun), _LONGEST_REST))
    async with engine.connect() as connection:
        _OLDEST.set(await statistics_folding.oldest_seconds(connection))
    return folded
