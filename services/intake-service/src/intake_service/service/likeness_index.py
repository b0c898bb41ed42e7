"""Indexes what new complaints say, behind them: accepting one does nothing for it."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.janitor import first_id_at
from intake_service.domain.likeness import keys, pairs, said
from intake_service.persistence import likeness
from runtime import clock

BATCH = 500
"""So many at most are indexed in a round, so that a wave of complaints is not held up by its own index."""
SETTLING = timedelta(minutes=2)
"""For so long an id may be given before its complaint is there."""
UNTIL = Gauge(
    "jieban_similar_until_timestamp_seconds", "Complaints that were received before can be found as similar ones"
)

log = structlog.get_logger()


class LikenessIndex:
    """Keeps the index of one database; of several that do so at once, one works."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Does nothing by itself; see `work`."""
        self._engine = engine

    async def work(self) -> int:
        """Index the next batch; return how many complaints it had."""
        now = clock.now()
        settled = first_id_at(now - SETTLING)
        async with self._engine.begin() as connection:
            if (mark := await likeness.seize(connection)) is None:
                return 0
            rows = await likeness.unindexed(connection, BATCH)
            if rows:
                await likeness.store(connection, await asyncio.to_thread(lambda: [_indexed(row) for row in rows]))
            before = min(rows[-1].id, settled) if len(rows) == BATCH else settled
            if before > mark:
                await likeness.move_mark(connection, before)
        until = min(now, likeness.moment_of(rows[-1].id)) if len(rows) == BATCH else now
        UNTIL.set(until.timestamp())
        return len(rows)


def _indexed(row: Any) -> dict[str, object]:
    found = keys(pairs(said(row.description, row.address)), row.tenant, likeness.moment_of(row.id))
    return {
        "complaint_id": row.id,
        "tenant": row.tenant,
        "cell": likeness.cell(row.lon, row.lat) if row.lon is not None else None,
        "lon": row.lon,
        "lat": row.lat,
        "keys": found.tolist(),
    }
