"""Consumes a topic into a service's database: poll, apply, remember, and only then commit offsets.

Offsets are explicit (last applied + 1, per partition) and written now and then: the inbox, not the offset, is the
exactly-once point. The poll is never cancelled, since that would blind aiokafka's watchdog.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import type_of
from contracts.lifecycle import EventType
from eventbus import metrics
from eventbus.isolation import Isolation
from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection
from eventbus.parking import Message
from eventbus.slices import Subscription

log = structlog.get_logger()
_OURS = {event_type.value.encode() for event_type in EventType}


@dataclass(frozen=True)
class ConsumerOptions:
    """How a consumer behaves; the defaults suit production."""

    slice_size: int = 500
    commit_every_seconds: float = 0.5
    hold_seconds: float = 0.25
    """First pause after an outage is seen; doubled up to `longest_hold_seconds`."""
    longest_hold_seconds: float = 2.0
    instance: str | None = None
    """A name that stays with this replica over restarts: its partitions wait for it (static membership)."""


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """One member of a consumer group; any number may run, each partition is consumed by one of them."""

    def __init__(
        self,
        *,
        subscription: Subscription,
        engine: AsyncEngine,
        kafka: KafkaConnection,
        is_outage: Callable[[BaseException], bool],
        options: ConsumerOptions | None = None,
    ) -> None:
        """`is_outage` says which errors waiting can heal: they park nothing."""
        self.name = subscription.consumer
        self._subscription = subscription
        self._kafka = kafka
        self._options = options or ConsumerOptions()
        self._isolation = Isolation(subscription, engine, is_outage)
        self._wanted = {event_type.value.encode() for event_type in subscription.types}
        self._busy = asyncio.Lock()
        self._done: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._resume_at: float | None = None
        self._hold = self._options.hold_seconds
        self._consumer: Any = None

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`, through every outage; then finish the slice in hand, commit and leave the group."""
        pause = 0.2
        while not stop.is_set():
            try:
                async with _Membership(self):
                    pause = 0.2
                    while not stop.is_set():
                        await self._poll()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("consumer_waits", consumer=self.name, error=repr(error)[:200], seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _poll(self) -> None:
        if self._resume_at is not None and time.monotonic() >= self._resume_at:
            self._resume()
        polled = await self._consumer.getmany(timeout_ms=200, max_records=self._options.slice_size)
        async with self._busy:
            if polled:
                await self._apply(polled)
            if time.monotonic() - self._committed_at >= self._options.commit_every_seconds:
                await self._commit()

    async def _apply(self, polled: dict[TopicPartition, Sequence[Any]]) -> None:
        messages = [_message(record) for records in polled.values() for record in records if self._wants(record)]
        ends = {partition: records[-1].offset + 1 for partition, records in polled.items()}
        skipped = sum(map(len, polled.values())) - len(messages)
        metrics.CONSUMED.labels(self.name, "skipped").inc(skipped)
        with metrics.SLICE_SECONDS.labels(self.name).time():
            held_at = await self._isolation.apply(messages) if messages else None
        if held_at is None:
            self._done |= ends
            self._hold = self._options.hold_seconds
        else:
            self._pause(polled, messages, held_at)

    def _wants(self, record: Any) -> bool:
        """Skip events of no interest without reading them; an unknown type is wanted, to be parked."""
        event_type = type_of(record.headers)
        return event_type in self._wanted or event_type not in _OURS

    def _pause(self, polled: dict[TopicPartition, Sequence[Any]], messages: Sequence[Message], held_at: int) -> None:
        """Rewind each partition to the first record that was not applied, and stop fetching for a while."""
        undone: dict[TopicPartition, int] = {}
        for message in messages[held_at:]:
            undone.setdefault(TopicPartition(message.topic, message.partition), message.offset)
        for partition, records in polled.items():
            start = undone.get(partition, records[-1].offset + 1)
            self._done[partition] = start
            self._consumer.seek(partition, start)
        self._consumer.pause(*self._consumer.assignment())
        self._resume_at = time.monotonic() + self._hold
        self._hold = min(self._hold * 2, self._options.longest_hold_seconds)
        metrics.HOLDING.labels(self.name).set(1)

    def _resume(self) -> None:
        self._resume_at = None
        self._consumer.resume(*self._consumer.assignment())
        metrics.HOLDING.labels(self.name).set(0)

    async def _commit(self) -> None:
        """Commit what is done. A refusal around a rebalance is normal: the inbox absorbs the repeat."""
        done, self._done = self._done, {}
        self._committed_at = time.monotonic()
        self._measure()
        if not done:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await self._consumer.commit(done)
        except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
            log.info("offsets_not_committed", consumer=self.name, error=repr(error)[:200])

    def _measure(self) -> None:
        lag = 0
        for partition in self._consumer.assignment():
            state = self._consumer._subscription.subscription.assignment.state_value(partition)
            if state is not None and state.has_valid_position and state.highwater is not None:
                lag += max(0, state.highwater - state.position)
        metrics.LAG.labels(self.name).set(lag)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Wait for the slice in hand and commit it before another member takes over."""
        async with self._busy:
            if revoked:
                await self._commit()
            self._done.clear()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Start anew: nothing is paused in a fresh assignment."""
        self._resume_at = None
        metrics.HOLDING.labels(self.name).set(0)
        log.info("partitions_assigned", consumer=self.name, count=len(assigned))


class _Membership(AbstractAsyncContextManager["_Membership"]):
    """A started aiokafka consumer, stopped within a limit whatever happens."""

    def __init__(self, owner: Consumer) -> None:
        self._owner = owner

    async def __aenter__(self) -> Self:
        owner = self._owner
        consumer = AIOKafkaConsumer(
            **owner._kafka.client_options(),
            group_id=owner.name,
            group_instance_id=f"{owner.name}-{owner._options.instance}" if owner._options.instance else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            rebalance_timeout_ms=30_000,
            max_poll_interval_ms=120_000,
            max_partition_fetch_bytes=524_288,
            metadata_max_age_ms=5_000,
        )
        owner._consumer = consumer
        consumer.subscribe([owner._subscription.topic], listener=owner)
        try:
            await consumer.start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._owner._commit()
        await self._stop()

    async def _stop(self) -> None:
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await self._owner._consumer.stop()
        except (KafkaError, TimeoutError, OSError) as error:
            log.info("consumer_abandoned", consumer=self._owner.name, error=repr(error)[:200])


def _message(record: Any) -> Message:
    return Message(record.topic, record.partition, record.offset, record.key or b"", record.headers, record.value)
