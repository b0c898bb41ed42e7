"""Keeps outbox and inbox small: published rows and old claims go after their time, in short transactions.

How old a claim is stands in the event's id, which is a UUIDv7, or a UUIDv8 made from one. Ids of other versions tell no
time: their claims stay.
"""

import uuid
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics

SIZE = 5_000
KEEP_OUTBOX = timedelta(days=7)
"""For so long after its publication an event can be compared and published again."""
KEEP_INBOX = timedelta(days=60)
"""Twice as long as any topic keeps its records at least: a replay of older ones would apply them again."""
# Rows are old in the order of their positions, but for those that were published again, wait or were set aside. So it
# looks at the first ones alone, and past them only where these are old: a row of the answer says from where on.
_OLD_OUTBOX = sa.text(f"""
    WITH first AS MATERIALIZED (
        SELECT position, created_at, published_at < :before AND error IS NULL AS is_over FROM outbox
        WHERE position > :after ORDER BY position LIMIT {SIZE}),
    gone AS (DELETE FROM outbox WHERE position = ANY(ARRAY(SELECT position FROM first WHERE is_over)))
    SELECT max(position) FROM first HAVING count(*) = {SIZE} AND max(created_at) < :before
""")
_OLD_INBOX = sa.text(f"""
    DELETE FROM inbox WHERE (event_id, consumer) IN (
        SELECT event_id, consumer FROM inbox
        WHERE event_id < :before AND uuid_extract_version(event_id) IN (7, 8) ORDER BY event_id LIMIT {SIZE})
""")
_PARKED = sa.text("SELECT consumer, count(*) AS messages FROM parked_message WHERE state = 'parked' GROUP BY consumer")


class Janitor:
    """Cleans one service's bus tables and counts its parked messages. Several may do so at once."""

    def __init__(self, *, engine: AsyncEngine, consumers: list[str]) -> None:
        self._engine = engine
        self._consumers = consumers
        self._after = 0

    async def clean(self, now: datetime | None = None) -> None:
        """Count what is parked, and delete one batch of what is over age at `now`, the present by default."""
        now = now or datetime.now(UTC)
        await self._count_parked()
        async with self._engine.begin() as connection:
            old = {"before": now - KEEP_OUTBOX, "after": self._after}
            self._after = await connection.scalar(_OLD_OUTBOX, old) or 0
            await connection.execute(_OLD_INBOX, {"before": first_id_at(now - KEEP_INBOX)})

    async def _count_parked(self) -> None:
        """Count in a transaction of its own: the number is right also where deleting takes too long."""
        async with self._engine.connect() as connection:
            parked = {row.consumer: row.messages for row in await connection.execute(_PARKED)}
        for consumer in self._consumers:
            metrics.PARKED.labels(consumer).set(parked.get(consumer, 0))


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the lowest UUIDv7 of `moment` (RFC 9562: Unix milliseconds in the first 48 bits), from 1970 on."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
