"""What stands in the outbox, measured beside the relay: so it is known too where no relay runs, or where one cannot."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics

_WAITING = sa.text("""
    SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS age
    FROM outbox WHERE published_at IS NULL
""")
_SET_ASIDE = sa.text("SELECT count(*) FROM outbox WHERE published_at = '-infinity' AND error IS NOT NULL")


class Backlog:
    """The outbox of one service, of all shards."""

    def __init__(self, *, service: str, engine: AsyncEngine) -> None:
        self._service = service
        self._engine = engine

    async def measure(self) -> None:
        """Count what waits, and say how old the oldest of it is; an index has these rows alone."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_WAITING)).one()
        metrics.OUTBOX_WAITING.labels(self._service).set(row.rows)
        metrics.OUTBOX_AGE.labels(self._service).set(float(row.age))

    async def count_set_aside(self) -> None:
        """Count what was set aside and nobody has mended; reads the whole outbox, so now and then is enough."""
        async with self._engine.connect() as connection:
            rows = int((await connection.execute(_SET_ASIDE)).scalar_one())
        metrics.OUTBOX_SET_ASIDE.labels(self._service).set(rows)
