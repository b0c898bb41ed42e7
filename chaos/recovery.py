"""When a system is well again after a fault, and when it has nothing left to do."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import asyncpg
import httpx
from aiokafka.errors import KafkaError

from chaos import probe
from chaos.backlog import Backlog
from chaos.journal import Journal
from eventbus.kafka import KafkaConnection

_LOOK_SECONDS = 0.1
_READY_TIMEOUT_SECONDS = 3.0
_AWAY = (OSError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError)


class NotRecovered(Exception):
    """The system was not well within the time; the message says what was missing."""


class Recovering(Protocol):
    """What is known of the system."""

    @property
    def targets(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102 - names say it
    @property
    def kafka(self) -> KafkaConnection: ...  # noqa: D102 - names say it

    databases: dict[str, str]
    journal: Journal | None


class Recovery:
    """Watches a system until it is well."""

    def __init__(self, system: Recovering) -> None:
        self._system = system
        self._missing: dict[str, object] = {}

    async def recovered(self, within: float) -> float:
        """Return the seconds until what was there is handled, all replicas are ready and a new complaint got through.

        Raises NotRecovered after `within` seconds.
        """
        return await self._watch(within, self._handled, self._ready, self._probe)

    async def quiet(self, within: float) -> float:
        """Return the seconds until outboxes are empty and all records are consumed; raises NotRecovered."""
        return await self._watch(within, self._nothing_left)

    async def _watch(self, within: float, *looks: Callable[[], Awaitable[None]]) -> float:
        began = time.monotonic()
        try:
            async with asyncio.timeout(within), asyncio.TaskGroup() as group:
                for look in looks:
                    group.create_task(self._until(look))
        except TimeoutError:
            raise NotRecovered(f"not within {within:.0f} s: {self._missing}") from None
        return time.monotonic() - began

    async def _until(self, look: Callable[[], Awaitable[None]]) -> None:
        """Look from the start again whenever something was away."""
        name = look.__name__.strip("_")
        self._missing[name] = "not yet"
        while True:
            try:
                await look()
            except _AWAY as error:
                self._missing[name] = repr(error)[:200]
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                del self._missing[name]
                return

    async def _handled(self) -> None:
        """All that waits now is published, and what is on the topic then is consumed; the same for what follows."""
        async with Backlog(self._system.databases, self._system.kafka) as backlog:
            for _ in range(2):
                newest = await backlog.newest()
                while any((waiting := await backlog.waiting(newest)).values()):
                    await self._still("handled", outboxes=waiting)
                ends = await backlog.ends()
                while any((lag := await backlog.lag(ends)).values()):
                    await self._still("handled", lag=lag)

    async def _nothing_left(self) -> None:
        """No lag, nothing in the outboxes after that, and nothing new on the topic even then: nothing is on its way."""
        async with Backlog(self._system.databases, self._system.kafka) as backlog:
            while True:
                ends = await backlog.ends()
                lag = await backlog.lag(ends)
                waiting = await backlog.waiting()
                if not any(lag.values()) and not any(waiting.values()) and ends == await backlog.ends():
                    return
                await self._still("nothing_left", lag=lag, outboxes=waiting)

    async def _ready(self) -> None:
        """Every replica says that it is ready."""
        async with httpx.AsyncClient(timeout=_READY_TIMEOUT_SECONDS) as client:
            for url in [url for urls in self._system.targets.values() for url in urls]:
                while not await _answers(client, f"{url}/readyz"):
                    await self._still("ready", url=url)

    async def _probe(self) -> None:
        """A new complaint stands assigned in the ledger."""
        await probe.travel(self._system.targets, self._system.journal)

    async def _still(self, name: str, **missing: object) -> None:
        self._missing[name] = missing
        await asyncio.sleep(_LOOK_SECONDS)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
