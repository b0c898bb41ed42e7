"""Which outbox shards this relay publishes: advisory locks on a connection of its own.

One holder a shard at a time. Relays share the shards evenly: each counts its fellows by their locks and lets go of
what is over its fair part. If the connection dies, so do the locks, and the relay stops sending until it has new ones.
A relay that does not know yet that its locks are gone may send a batch twice; the inbox absorbs that, and since both
relays send in order, the first copy of every event is still in order.
"""

import asyncio
import math
from types import TracebackType
from typing import Any, Self

import asyncpg
import structlog
from sqlalchemy import URL

from eventbus.outbox import CHANNEL
from eventbus.tables import SHARDS

log = structlog.get_logger()
_SPACE = 0x6A696562  # the first key of every advisory lock of the bus ("jieb"); the second is the shard
_MEMBER = 1_000_000
"""Second key of the lock that every relay shares: its holders are the relays alive."""


class ShardLocks:
    """The shards held on one dedicated connection, which also listens for wake-ups."""

    def __init__(self, url: URL) -> None:
        """Take the database's SQLAlchemy URL; nothing is opened before `async with`."""
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: Any = None
        self._wake = asyncio.Event()
        self.held: set[int] = set()

    async def __aenter__(self) -> Self:
        """Connect, listen and join the relays; raises OSError or asyncpg's errors where the database is away."""
        self._connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=30,
            server_settings={"application_name": "jieban relay", "synchronous_commit": "off", "jit": "off"},
        )
        try:
            await self._connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            await self._connection.execute("SELECT pg_advisory_lock_shared($1, $2)", _SPACE, _MEMBER)
        except BaseException:
            self._connection.terminate()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, and with it give all shards back."""
        self.held.clear()
        connection, self._connection = self._connection, None
        try:
            await connection.close(timeout=2)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    @property
    def connection(self) -> Any:
        """The connection that holds the locks, for what may only be done while holding them."""
        return self._connection

    async def balance(self) -> None:
        """Take free shards up to the fair part, let go of those over it. Call between batches only."""
        fair = math.ceil(SHARDS / max(1, await self._relays()))
        for shard in range(SHARDS):
            if shard not in self.held and len(self.held) < fair and await self._lock(shard):
                self.held.add(shard)
        while len(self.held) > fair:
            shard = max(self.held)
            await self._connection.execute("SELECT pg_advisory_unlock($1, $2)", _SPACE, shard)
            self.held.discard(shard)

    async def woken(self, seconds: float) -> None:
        """Return when something was appended, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def wake(self) -> None:
        """End the present or next `woken` at once."""
        self._wake.set()

    async def _relays(self) -> int:
        return int(
            await self._connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                _SPACE,
                _MEMBER,
            )
        )

    async def _lock(self, shard: int) -> bool:
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", _SPACE, shard))
