"""Finds out that a member has gone deaf: there is something to read, it listens, and nothing comes.

aiokafka can stop fetching after brokers were restarted, without an error, and then its own view of the end is as old
as its last fetch. So the brokers are asked over connections of the watchdog's own; while they do not answer, or the
group rebalances, nobody is deaf.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from eventbus import metrics
from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection

log = structlog.get_logger()
_ASKS_IN_PATIENCE = 3
_ASK_TIMEOUT_SECONDS = 5.0
_LONGEST_POLL_SECONDS = 0.5
"""A poll that takes longer has waited for its group to rebalance, and not listened."""


class Deaf(KafkaError):
    """The member reads nothing of what is there: leave it, and join anew."""


class _Standing(NamedTuple):
    """Where a partition stands, and how long the member had listened when it came there."""

    position: int | None
    since: float


class Watchdog:
    """Watches the members of one consumer, one after the other."""

    def __init__(self, kafka: KafkaConnection, consumer: str, patience_seconds: float) -> None:
        """A partition may stand still for `patience_seconds` of listening; time spent on applying does not count."""
        self._kafka = kafka
        self._consumer = consumer
        self._patience = patience_seconds
        self._listened = 0.0
        self._standing: dict[TopicPartition, _Standing] = {}
        self._deaf: list[TopicPartition] = []
        self._ends: dict[TopicPartition, int] = {}
        self._task: asyncio.Task[None]
        metrics.REBUILT.labels(consumer)  # at 0 from the start, or its first increase would not be seen

    @asynccontextmanager
    async def watching(self, member: Any) -> AsyncIterator[None]:
        """Watch `member` for the length of the block."""
        self._forget()
        self._task = asyncio.create_task(self._watch(member), name=f"{self._consumer} watchdog")
        try:
            yield
        finally:
            self._task.cancel()
            await asyncio.wait([self._task])

    def listened(self, seconds: float) -> None:
        """Note that the member has listened for so long; raises Deaf where it should have heard something.

        Raises too what ended the watchdog itself, which should never be.
        """
        if self._task.done():
            self._task.result()
        self._listened += min(seconds, _LONGEST_POLL_SECONDS)
        if self._deaf:
            metrics.REBUILT.labels(self._consumer).inc()
            partitions = sorted(partition.partition for partition in self._deaf)
            log.error("consumer_deaf", consumer=self._consumer, partitions=partitions, seconds=self._patience)
            raise Deaf(f"nothing was read from {len(partitions)} partitions, and there is something")

    def end(self, partition: TopicPartition) -> int:
        """Return the end of a partition as the brokers said it last; 0 before they did."""
        return self._ends.get(partition, 0)

    async def _watch(self, member: Any) -> None:
        while True:
            await asyncio.sleep(self._patience / _ASKS_IN_PATIENCE)
            try:
                self._ends = await self._ask(member.assignment())
            except (KafkaError, OSError, TimeoutError):
                self._forget()
            else:
                self._compare(member)

    async def _ask(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        if not partitions:
            return {}
        client = AIOKafkaConsumer(**self._kafka.client_options())
        try:
            async with asyncio.timeout(_ASK_TIMEOUT_SECONDS):
                await client.start()
                ends: dict[TopicPartition, int] = await client.end_offsets(list(partitions))
        finally:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await client.stop()
        return ends

    def _compare(self, member: Any) -> None:
        behind = {
            partition: member.place(partition)
            for partition in member.listening()
            if self.end(partition) > (member.place(partition) or 0)
        }
        before, self._standing = self._standing, {}
        for partition, position in behind.items():
            known = before.get(partition)
            stands = known if known and known.position == position else _Standing(position, self._listened)
            self._standing[partition] = stands
        self._deaf = [
            partition for partition, stands in self._standing.items() if self._listened - stands.since >= self._patience
        ]

    def _forget(self) -> None:
        self._standing, self._deaf, self._ends = {}, [], {}
