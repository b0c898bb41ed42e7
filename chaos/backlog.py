"""What a system has still to do: rows that wait in outboxes, records that consumers have not committed."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import LIFECYCLE
from eventbus.kafka import KafkaConnection

GROUPS = ("intake", "dispatch", "ledger")
_PATIENCE_SECONDS = 5.0
_NEWEST = "SELECT coalesce(max(position), 0) FROM outbox"
_WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND position <= $1"
_EVERYTHING = 2**62
Offsets = Mapping[int, int]
"""By partition."""


class Backlog:
    """Looks at databases and brokers. An error ends it: open another one, for nothing here reconnects."""

    def __init__(self, databases: Mapping[str, str], kafka: KafkaConnection) -> None:
        """`databases` are the services' URLs."""
        self._urls = databases
        self._consumer = AIOKafkaConsumer(**kafka.client_options())
        self._admin = AIOKafkaAdminClient(**kafka.client_options())
        self._connections: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        """Connect everywhere; raises OSError, asyncpg's errors or KafkaError where something is away."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                for service, url in self._urls.items():
                    self._connections[service] = await asyncpg.connect(url, timeout=_PATIENCE_SECONDS)
                await self._consumer.start()
                await self._admin.start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of all connections."""
        for connection in self._connections.values():
            connection.terminate()
        await self._consumer.stop()
        await self._admin.close()

    async def newest(self) -> Mapping[str, int]:
        """Return the position of each outbox's newest row."""
        return {service: await self._ask(service, _NEWEST) for service in self._urls}

    async def waiting(self, up_to: Mapping[str, int] | None = None) -> Mapping[str, int]:
        """Return how many rows of each outbox, up to a position, are not published."""
        marks = up_to or dict.fromkeys(self._urls, _EVERYTHING)
        return {service: await self._ask(service, _WAITING, marks[service]) for service in self._urls}

    async def ends(self) -> Offsets:
        """Return the end of each partition of the lifecycle topic."""
        partitions = [TopicPartition(LIFECYCLE.name, number) for number in range(LIFECYCLE.partitions)]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            ends = await self._consumer.end_offsets(partitions)
        return {partition.partition: end for partition, end in ends.items()}

    async def lag(self, ends: Offsets) -> Mapping[str, int]:
        """Return by how much each group's committed offsets are short of `ends`."""
        return {group: await self._lag(group, ends) for group in GROUPS}

    async def _lag(self, group: str, ends: Offsets) -> int:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            committed = await self._admin.list_consumer_group_offsets(group)
        done = {partition.partition: found.offset for partition, found in committed.items()}
        return sum(max(0, end - max(0, done.get(partition, 0))) for partition, end in ends.items())

    async def _ask(self, service: str, query: str, *parameters: object) -> int:
        return int(await self._connections[service].fetchval(query, *parameters, timeout=_PATIENCE_SECONDS))
