"""The relay's view of the outbox: what is to be published, and the marks of what was.

All of it runs on the connection that holds the shards' locks: no lock, no reading, no marking. The marks need not
survive a crash of the server (a lost one costs a repeat, which the inbox absorbs), so they do not wait for the disk.
"""

from collections.abc import Iterable, Sequence
from typing import Any

Row = Any
"""An asyncpg record of the columns below."""

_FETCH = """
    SELECT position, CAST(id AS text), aggregatetype, aggregateid, type, payload, source, tenant, time, sequence,
           CAST(correlationid AS text), CAST(causationid AS text), traceparent
    FROM outbox WHERE published_at IS NULL AND shard = ANY($1::smallint[])
    ORDER BY position LIMIT $2
"""
_MARK = "UPDATE outbox SET published_at = now() WHERE position = ANY($1::bigint[])"
_SET_ASIDE = """
    UPDATE outbox SET published_at = '-infinity', error = 'too large for one record' WHERE position = ANY($1::bigint[])
"""


class Unpublished:
    """The unpublished rows of one service's outbox, on one connection."""

    def __init__(self, connection: Any) -> None:
        """`connection` is asyncpg's, and nobody else uses it meanwhile."""
        self._connection = connection

    async def fetch(self, shards: Iterable[int], size: int) -> Sequence[Row]:
        """Return the first `size` rows of `shards`, in order."""
        rows: Sequence[Row] = await self._connection.fetch(_FETCH, list(shards), size)
        return rows

    async def mark(self, positions: Sequence[int]) -> None:
        """Mark rows as published."""
        await self._connection.execute(_MARK, positions)

    async def set_aside(self, positions: Sequence[int]) -> None:
        """Take rows out of the way that no broker will ever take; they stay, with the reason."""
        await self._connection.execute(_SET_ASIDE, positions)
