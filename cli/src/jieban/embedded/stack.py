"""The embedded parts together: started side by side, brought back when one dies, stopped within seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import structlog

from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres
from jieban.errors import UserError

SERVICES = ("intake", "dispatch", "ledger")
OWNERS = {"ledger": "ledger_owner"}
"""Who owns the tables of a service whose own login does not: rights refuse that login what only grows."""
_WATCH_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger()


class Stack:
    """PostgreSQL with a database for each of some services, and Kafka; either may be left out.

    An asynchronous context manager: inside the block the servers run, and one that dies is started again. Hold the
    lock of the data directory.
    """

    def __init__(
        self,
        directory: DataDir,
        *,
        databases: tuple[str, ...] = SERVICES,
        kafka: bool = True,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.postgres = Postgres(directory) if databases else None
        self.kafka = Kafka(directory) if kafka else None
        self._databases = databases
        self._tell = tell
        self._watchers: list[asyncio.Future[None]] = []

    async def __aenter__(self) -> Self:
        """Start the parts side by side; when one fails, the others are stopped and its error is raised."""
        starts = [self._timed(part.name, self._start(part)) for part in self._parts()]
        tasks = [asyncio.ensure_future(start) for start in starts]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            await _cancelled(tasks)
            await self._stop()
            raise
        self._watchers = [asyncio.ensure_future(_keep_up(part)) for part in self._parts()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the parts at the same time, each within its grace."""
        await _cancelled(self._watchers)
        await self._stop()

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point the services to these parts."""
        found = {}
        if self.postgres:
            for name in self._databases:
                found[f"JIEBAN_{name.upper()}_DATABASE_URL"] = self.postgres.url(name, user=name)
                if owner := OWNERS.get(name):
                    found[f"JIEBAN_{name.upper()}_MIGRATION_DATABASE_URL"] = self.postgres.url(name, user=owner)
        if self.kafka:
            found["JIEBAN_KAFKA_BOOTSTRAP_SERVERS"] = self.kafka.bootstrap_servers
        return found

    def _parts(self) -> list[Postgres | Kafka]:
        return [part for part in (self.postgres, self.kafka) if part is not None]

    async def _start(self, part: Postgres | Kafka) -> None:
        await part.start()
        if isinstance(part, Postgres):
            for name in self._databases:
                owner = OWNERS.get(name)
                await part.create_database(name, owner=owner or name, login=name if owner else None)

    async def _stop(self) -> None:
        await asyncio.gather(*(part.stop() for part in self._parts()))

    async def _timed(self, what: str, start: Awaitable[None]) -> None:
        began = time.monotonic()
        await start
        self._tell(f"{what} is ready ({time.monotonic() - began:.1f} s)")


async def _cancelled(tasks: Sequence["asyncio.Future[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_up(part: Postgres | Kafka) -> None:
    """Start a part that ended by itself again, for ever, with growing pauses while it does not start."""
    pause = _WATCH_SECONDS
    while True:
        await asyncio.sleep(pause)
        if part.pid is not None:
            pause = _WATCH_SECONDS
            continue
        log.warning("embedded_server_ended", server=part.name)
        try:
            await part.start()
            log.info("embedded_server_started_again", server=part.name)
        except (UserError, OSError) as error:  # such as a full disk, on which nothing can be noted either
            log.warning("embedded_server_not_started", server=part.name, reason=str(error))
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
