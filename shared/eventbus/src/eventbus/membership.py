"""A member of a consumer group: started, and stopped within a limit whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener

from contracts.topics import TOPICS
from eventbus.admin import ensure_topics
from eventbus.clients import Consumer
from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection

log = structlog.get_logger()
_MAKING_SECONDS = 30


@dataclass(frozen=True)
class Membership:
    """Which group, for which topic, and how patient the group is with this member."""

    kafka: KafkaConnection
    group: str
    topic: str
    instance: str | None
    longest_slice_seconds: float

    async def make_topic(self) -> None:
        """Make the topic if it is the registry's and missing: a broker that does so by itself makes another of it.

        Raises as `joined`, or TimeoutError.
        """
        async with asyncio.timeout(_MAKING_SECONDS):
            await ensure_topics(self.kafka, [each for each in TOPICS if each.name == self.topic])

    @asynccontextmanager
    async def joined(self, listener: ConsumerRebalanceListener) -> AsyncIterator[Any]:
        """Be a member for the length of the block, which gets the aiokafka consumer; raises KafkaError or OSError."""
        consumer = Consumer(
            **self.kafka.client_options(),
            group_id=self.group,
            group_instance_id=f"{self.group}-{self.instance}" if self.instance else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            rebalance_timeout_ms=30_000,
            max_poll_interval_ms=int(self.longest_slice_seconds * 1000),
            max_partition_fetch_bytes=524_288,
            metadata_max_age_ms=5_000,
        )
        consumer.subscribe([self.topic], listener=listener)
        try:
            await consumer.start()
            yield consumer
        finally:
            await self._leave(consumer)

    async def _leave(self, consumer: Consumer) -> None:
        """Say goodbye within a limit, else just go; a task of its own, since aiokafka lets cancellations out."""
        leaving = asyncio.create_task(consumer.stop())
        try:
            await asyncio.wait([leaving], timeout=STOP_TIMEOUT_SECONDS)
        finally:
            if not leaving.done() or leaving.cancelled() or leaving.exception():
                log.info("group_not_left", consumer=self.group, reason=_reason(leaving))
                leaving.cancel()
                await consumer.abandon()


def _reason(leaving: asyncio.Task[None]) -> str:
    if not leaving.done():
        return f"no answer within {STOP_TIMEOUT_SECONDS:g} s"
    return "cancelled" if leaving.cancelled() else repr(leaving.exception())[:200]
