"""A member of a consumer group: started, and stopped within a limit whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from eventbus.clients import Consumer
from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection

log = structlog.get_logger()


@dataclass(frozen=True)
class Membership:
    """Which group, for which topic, and how patient the group is with this member."""

    kafka: KafkaConnection
    group: str
    topic: str
    instance: str | None
    longest_slice_seconds: float

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
        left = False
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await consumer.stop()
            left = True
        except (KafkaError, TimeoutError, OSError) as error:
            log.info("group_not_left", consumer=self.group, error=repr(error)[:200])
        finally:
            if not left:
                await consumer.abandon()
