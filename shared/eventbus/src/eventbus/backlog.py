"""What stands in the outbox, measured beside the relay: so it is known too where no relay runs, or where one cannot."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics

_WAITING = sa.text("""
    SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS age
    FROM outbox WHERE published_at IS NULL
""")
_SET_ASIDE = sa.text("SELECT count(*) FROM outbox WHERE error IS NOT NULL")


class Backlog:
    """The outbox of one service, of all shards."""

    def __init__(self, *, service: str, engine: AsyncEngine) -> None:
        self._service = service
        self._engine = engine

    async def measure(self) -> None:
        """Count what waits and what was set aside, and say how old the oldest is that waits.

        An index has each of these alone.
        """
        async with self._engine.connect() as connection:
            row = (await connection.execute(_WAITING)).one()
            set_aside = int((await connection.execute(_SET_ASIDE)).scalar_one())
        metrics.OUTBOX_WAITING.labels(self._service).set(row.rows)
        metrics.OUTBOX_AGE.labels(self._service).set(float(row.age))
        metrics.OUTBOX_SET_ASIDE.labels(self._service).set(set_aside)
