"""Keeps outbox and inbox small: published rows and old claims go after their time, in short transactions.

How old a claim is stands in the event's id, which is a UUIDv7, or a UUIDv8 made from one. Ids of other versions tell no
time: their claims stay.
"""

import uuid
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics

_SIZE = 5_000
KEEP_OUTBOX = timedelta(days=7)
"""For so long after its publication an event can be compared and published again."""
KEEP_INBOX = timedelta(days=60)
"""Twice as long as any topic keeps its records at least: a replay of older ones would apply them again."""
_OLD_OUTBOX = sa.text(f"""
    DELETE FROM outbox WHERE position IN (
        SELECT position FROM outbox
        WHERE published_at < :before AND error IS NULL ORDER BY position LIMIT {_SIZE})
""")
_OLD_INBOX = sa.text(f"""
    DELETE FROM inbox WHERE (event_id, consumer) IN (
        SELECT event_id, consumer FROM inbox
        WHERE event_id < :before AND uuid_extract_version(event_id) IN (7, 8) ORDER BY event_id LIMIT {_SIZE})
""")
_PARKED = sa.text("SELECT consumer, count(*) AS messages FROM parked_message WHERE state = 'parked' GROUP BY consumer")


class Janitor:
    """Cleans one service's bus tables and counts its parked messages. Several may do so at once."""

    def __init__(self, *, engine: AsyncEngine, consumers: list[str]) -> None:
        self._engine = engine
        self._consumers = consumers

    async def clean(self, now: datetime | None = None) -> None:
        """Delete one batch of what is over age at `now`, the present by default, and count what is parked."""
        now = now or datetime.now(UTC)
        async with self._engine.begin() as connection:
            await connection.execute(_OLD_OUTBOX, {"before": now - KEEP_OUTBOX})
            await connection.execute(_OLD_INBOX, {"before": first_id_at(now - KEEP_INBOX)})
            parked = {row.consumer: row.messages for row in await connection.execute(_PARKED)}
        for consumer in self._consumers:
            metrics.PARKED.labels(consumer).set(parked.get(consumer, 0))


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the lowest UUIDv7 of `moment` (RFC 9562: Unix milliseconds in the first 48 bits), from 1970 on."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
