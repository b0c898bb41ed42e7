"""Consumes a topic into a service's database: poll, apply, remember, and only then commit offsets.

Offsets are explicit (last applied + 1, per partition) and written now and then: the inbox, not the offset, is the
exactly-once point. The poll of a member that stays is never cancelled: that would blind aiokafka's watchdog.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import may_be_skipped, type_of
from eventbus import metrics
from eventbus.isolation import Isolation
from eventbus.kafka import KafkaConnection
from eventbus.lanes import shared_out
from eventbus.membership import Membership
from eventbus.offsets import Offsets
from eventbus.parking import Message
from eventbus.polling import Poll, Polled
from eventbus.slices import Subscription
from eventbus.stopping import finishing_soon_after, pause_or
from eventbus.watchdog import Watchdog

log = structlog.get_logger()


@dataclass(frozen=True)
class ConsumerOptions:
    """How a consumer behaves; the defaults suit production."""

    slice_size: int = 2000
    lanes: int = 2
    """Large slices are shared by partition between so many transactions: one's work is done while another's waits."""
    commit_every_seconds: float = 0.5
    hold_seconds: float = 0.25
    """First pause after an outage is seen; doubled up to `longest_hold_seconds`."""
    longest_hold_seconds: float = 2.0
    instance: str | None = None
    """A name that stays with this replica: after a crash its partitions wait for it a moment (static membership)."""
    gather_seconds: float = 0.01
    """How long the brokers let records gather while they keep coming: fewer, larger slices, at most that much later."""
    longest_slice_seconds: float = 120.0
    """After that the group gives the partitions to another member. The slice still counts: its ids are claimed."""
    deaf_seconds: float = 30.0
    """After so long without a record from a partition that has some, the member is left and joined anew."""


class Consumer(ConsumerRebalanceListener):
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
        self._options = options or ConsumerOptions()
        self._membership = Membership(
            kafka,
            group=subscription.consumer,
            topic=subscription.topic,
            instance=self._options.instance,
            longest_slice_seconds=self._options.longest_slice_seconds,
        )
        self._isolation = Isolation(subscription, engine, is_outage)
        self._wanted = {event_type.value.encode() for event_type in subscription.types}
        self._busy = asyncio.Lock()
        self._poll = Poll(self._options.slice_size)
        self._watchdog = Watchdog(kafka, self.name, self._options.deaf_seconds)
        self._offsets = Offsets(self.name, self._options.commit_every_seconds, self._watchdog.end)
        self._resume_at: float | None = None
        self._hold = self._options.hold_seconds
        self._held: set[TopicPartition] = set()
        """Have records that wait for an outage to end; until these are applied, the consumer holds."""
        self._polled_at = 0.0
        self._consumer: Any = None
        self._hold_only(set())

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`, through every outage; then finish the slice in hand, commit and leave the group.

        An error that is no outage ends it: what was applied before is committed, the rest comes again.
        """
        pause, has_topic = 0.2, False
        async with finishing_soon_after(stop, self.name):
            while not stop.is_set():
                try:
                    if not has_topic:
                        await self._membership.make_topic()
                        has_topic = True
                    async with self._membership.joined(self) as self._consumer:
                        pause = 0.2
                        async with self._watchdog.watching(self._consumer):
                            await self._consume(stop)
                except (KafkaError, OSError, TimeoutError) as error:
                    log.warning("consumer_waits", consumer=self.name, error=repr(error)[:200], seconds=pause)
                    await pause_or(stop, pause)
                    pause = min(pause * 2, 2.0)

    async def _consume(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self._next_slice()
        except Exception:
            await self._commit()
            raise
        await self._commit()

    async def _next_slice(self) -> None:
        if self._resume_at is not None and time.monotonic() >= self._resume_at:
            self._resume()
        began = time.monotonic()
        polled = await self._poll(self._consumer)
        self._watchdog.listened(time.monotonic() - began)
        self._gather(polled)
        async with self._busy:
            if polled:
                await self._apply(polled)
            if self._offsets.are_due:
                await self._commit()

    def _gather(self, polled: Polled) -> None:
        """While records come faster than the time to gather them, let the brokers gather; else take each at once."""
        now = time.monotonic()
        many = sum(map(len, polled.values())) > 1 or now - self._polled_at < self._options.gather_seconds
        self._consumer.gather(self._options.gather_seconds if polled and many else 0.0)
        self._polled_at = now

    async def _apply(self, polled: Polled) -> None:
        lanes = shared_out(polled, self._options.lanes)
        results = await asyncio.gather(*map(self._apply_lane, lanes), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        if not any(results):
            self._hold = self._options.hold_seconds

    async def _apply_lane(self, polled: Polled) -> bool:
        """Apply records in one transaction; return whether some have to wait for an outage to end."""
        messages = [_message(record) for records in polled.values() for record in records if self._wants(record)]
        ends = {partition: records[-1].offset + 1 for partition, records in polled.items()}
        skipped = sum(map(len, polled.values())) - len(messages)
        metrics.CONSUMED.labels(self.name, "skipped").inc(skipped)
        with metrics.SLICE_SECONDS.labels(self.name).time():
            held_at = await self._isolation.apply(messages) if messages else None
        if held_at is None:
            self._offsets.note(ends)
            if not self._held.isdisjoint(ends):
                self._hold_only(self._held - ends.keys())
        else:
            self._pause(polled, messages, held_at)
        return held_at is not None

    def _wants(self, record: Any) -> bool:
        """Skip events of no interest, and newer ones, without reading them; any other unknown type is to be parked."""
        event_type = type_of(record.headers)
        return event_type in self._wanted or not may_be_skipped(event_type)

    def _pause(self, polled: Polled, messages: Sequence[Message], held_at: int) -> None:
        """Rewind each partition to the first record that was not applied, and stop fetching for a while."""
        undone: dict[TopicPartition, int] = {}
        for message in messages[held_at:]:
            undone.setdefault(TopicPartition(message.topic, message.partition), message.offset)
        starts = {partition: undone.get(partition, records[-1].offset + 1) for partition, records in polled.items()}
        self._offsets.note(starts)
        for partition, start in starts.items():
            self._consumer.seek(partition, start)
        self._consumer.pause(*self._consumer.assignment())
        if self._resume_at is None:
            self._resume_at = time.monotonic() + self._hold
            self._hold = min(self._hold * 2, self._options.longest_hold_seconds)
        self._hold_only(self._held - polled.keys() | undone.keys())

    def _hold_only(self, held: set[TopicPartition]) -> None:
        self._held = held
        metrics.HOLDING.labels(self.name).set(bool(held))

    def _resume(self) -> None:
        """Try again; whether the outage is over is known when something is applied."""
        self._resume_at = None
        self._consumer.resume(*self._consumer.assignment())

    async def _commit(self) -> None:
        await self._offsets.commit(self._consumer)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Wait for the slice in hand and commit it before another member takes over."""
        async with self._busy:
            if revoked:
                await self._commit()
            self._offsets.forget()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Start anew: nothing is paused in a fresh assignment. What waits at other members now is theirs to tell."""
        self._resume_at = None
        self._hold_only(self._held.intersection(assigned))
        log.info("partitions_assigned", consumer=self.name, count=len(assigned))


def _message(record: Any) -> Message:
    return Message(record.topic, record.partition, record.offset, record.key or b"", record.headers, record.value)
