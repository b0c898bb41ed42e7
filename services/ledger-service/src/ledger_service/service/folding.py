"""Adds to the roll-ups what entries have changed in the figures; makes them first where they are not there yet."""

import asyncio
import time
from datetime import timedelta

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.persistence import statistics_details, statistics_folding, statistics_sums
from ledger_service.service.rebuilding import rebuild

EVERY = timedelta(seconds=5)
"""The pause between two rounds: readers add up what has come since."""
BATCH = 20_000
"""Changes of one transaction: a second or two."""
MOST = 200_000
"""Changes of one round."""
_REST, _LONGEST_REST = 1, 1.0
"""Behind a backlog, half of the time is left to the consumers."""
_FOLDED = Counter("jieban_statistics_changes_folded_total", "Changes of figures that were added to the roll-ups")
_OLDEST = Gauge(
    "jieban_statistics_oldest_seconds", "How long the oldest change of figures has waited to be added to the roll-ups"
)


async def fold_on(engine: AsyncEngine, zone: str) -> bool:
    """Do a round of `fold_changes`; return whether it has left some."""
    return await fold_changes(engine, zone) >= MOST


async def fold_changes(engine: AsyncEngine, zone: str, *, batch: int = BATCH) -> int:
    """Add changes to the roll-ups, a batch a transaction; return how many there were.

    One replica at a time does it. `zone` is the time zone of the tenants' days. Where an upgrade has brought roll-ups
    that are empty yet, they are made first.
    """
    async with engine.connect() as connection:
        is_made = await statistics_sums.is_made(connection)
    if not is_made and await rebuild(engine, zone) is None:
        return 0
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
    while folded < MOST and await _pack(engine, zone):
        pass
    async with engine.connect() as connection:
        _OLDEST.set(await statistics_folding.oldest_seconds(connection))
    return folded


async def _pack(engine: AsyncEngine, zone: str) -> int:
    async with engine.begin() as connection:
        return await statistics_details.pack(connection, zone=zone)
