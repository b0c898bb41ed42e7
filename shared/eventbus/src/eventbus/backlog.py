"""What stands in the outbox, measured beside the relay: so it is known too where no relay runs, or where one cannot."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus import metrics

_WAITING = sa.text("""
    SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS age
    FROM outbox WHERE published_at IS NULL
""")
_SET_ASIDE = sa.text("SELECT count(*) FROM outbox WHERE error IS NOT NULL")


class Waiting(NamedTuple):
    """What stands in an outbox."""

    rows: int
    oldest_seconds: float
    set_aside: int


async def waiting(connection: AsyncConnection) -> Waiting:
    """Count what waits and what was set aside, and say how old the oldest is that waits: an index has each alone."""
    row = (await connection.execute(_WAITING)).one()
    set_aside = int((await connection.execute(_SET_ASIDE)).scalar_one())
    return Waiting(row.rows, float(row.age), set_aside)


class Backlog:
    """The outbox of one service, of all shards."""

    def __init__(self, *, service: str, engine: AsyncEngine) -> None:
        self._service = service
        self._engine = engine

    async def measure(self) -> None:
        """Tell the metrics what stands in it."""
        async with self._engine.connect() as connection:
            found = await waiting(connection)
        metrics.OUTBOX_WAITING.labels(self._service).set(found.rows)
        metrics.OUTBOX_AGE.labels(self._service).set(found.oldest_seconds)
        metrics.OUTBOX_SET_ASIDE.labels(self._service).set(found.set_aside)
