"""Publishes the outbox: unpublished rows of the held shards, in order, marked only after the brokers' word.

`WHERE published_at IS NULL ORDER BY position`, never `position > last`: positions are drawn before they commit, so a
cursor would skip rows that commit late.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from aiokafka.errors import KafkaError
from opentelemetry import trace
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import headers_of
from eventbus import metrics
from eventbus.kafka import KafkaConnection
from eventbus.producer import Record, RecoveringProducer
from eventbus.shards import ShardLocks
from eventbus.stopping import finishing_soon_after, pause_or
from eventbus.unpublished import Row, Unpublished

log = structlog.get_logger()
tracer = trace.get_tracer("eventbus")
_SHORTEST_PAUSE_SECONDS = 0.2
_WELL_SECONDS = 30.0
"""A relay that worked for as long was well, and begins with the shortest pause again."""
_GATHER_SECONDS = 0.003
"""From one batch to the next, where the first was not full: a steady trickle then costs fewer, larger batches."""


class Relay:
    """One relay of one service's outbox; any number may run, each shard is published by one of them."""

    def __init__(
        self,
        *,
        service: str,
        engine: AsyncEngine,
        kafka: KafkaConnection,
        is_outage: Callable[[BaseException], bool],
        batch_size: int = 2000,
        poll_seconds: float = 0.5,
    ) -> None:
        """`is_outage` says which errors waiting can heal; `poll_seconds` bounds the wait should a wake-up be lost."""
        self.name = f"{service} relay"
        self._service = service
        self._engine = engine
        self._is_outage = is_outage
        self._producer = RecoveringProducer(kafka)
        self._batch_size = batch_size
        self._poll_seconds = poll_seconds
        self._outbox: Unpublished
        metrics.RELAY_SHARDS.labels(service).set(0)  # also where this process never runs it

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop`, through every outage; then publish what is there and return."""
        pause = _SHORTEST_PAUSE_SECONDS
        try:
            async with finishing_soon_after(stop, self.name):
                while not stop.is_set():
                    began = time.monotonic()
                    try:
                        async with ShardLocks(self._engine.url) as shards:
                            self._outbox = Unpublished(shards.connection)
                            await self._publish_until(stop, shards)
                    except Exception as error:
                        if not isinstance(error, KafkaError) and not self._is_outage(error):
                            raise
                        metrics.RELAY_FAILURES.labels(self._service).inc()
                        pause = pause if time.monotonic() - began < _WELL_SECONDS else _SHORTEST_PAUSE_SECONDS
                        log.warning("relay_waits", service=self._service, error=repr(error)[:200], seconds=pause)
                        await pause_or(stop, pause)
                        pause = min(pause * 2, 2.0)
        finally:
            await self._producer.close()

    async def _publish_until(self, stop: asyncio.Event, shards: ShardLocks) -> None:
        balanced = 0.0
        stopping = asyncio.create_task(_then(stop, shards.wake))
        try:
            while not stop.is_set():
                if time.monotonic() - balanced > 1.0:
                    await shards.balance()
                    metrics.RELAY_SHARDS.labels(self._service).set(len(shards.held))
                    balanced = time.monotonic()
                if await self.publish_once(shards.held) < self._batch_size:
                    await asyncio.sleep(_GATHER_SECONDS)
                    await shards.woken(self._poll_seconds)
            await self.publish_once(shards.held)
        finally:
            metrics.RELAY_SHARDS.labels(self._service).set(0)
            stopping.cancel()

    async def publish_once(self, shards: set[int]) -> int:
        """Publish one batch of the held shards; return how many rows it had. Raises KafkaError if not all arrived."""
        if not shards:
            return 0
        rows = await self._outbox.fetch(shards, self._batch_size)
        if not rows:
            return 0
        batch = [(row, _record(row)) for row in rows]
        if too_large := [row for row, record in batch if not record.fits]:
            await self._set_aside(too_large)
        await self._publish([(row, record) for row, record in batch if record.fits])
        return len(rows)

    async def _publish(self, batch: Sequence[tuple[Row, Record]]) -> None:
        with tracer.start_as_current_span("publish outbox"):
            acked = await self._producer.send([record for _, record in batch])
        await self._mark(_in_order([row for row, _ in batch], acked))
        if not all(acked):
            raise KafkaError(f"{acked.count(False)} of {len(acked)} records were not acknowledged")

    async def _mark(self, positions: list[int]) -> None:
        if positions:
            await self._outbox.mark(positions)
            metrics.OUTBOX_PUBLISHED.labels(self._service).inc(len(positions))

    async def _set_aside(self, rows: Sequence[Row]) -> None:
        for row in rows:
            log.error("outbox_row_set_aside", service=self._service, event_id=row["id"], key=row["aggregateid"])
        await self._outbox.set_aside([row["position"] for row in rows])


def _record(row: Row) -> Record:
    return Record(
        topic=row["aggregatetype"],
        key=row["aggregateid"].encode(),
        value=row["payload"].encode(),
        headers=headers_of(
            event_id=row["id"],
            event_type=row["type"],
            source=row["source"],
            subject=row["aggregateid"],
            tenant=row["tenant"],
            time=row["time"],
            sequence=row["sequence"],
            correlation_id=row["correlationid"],
            causation_id=row["causationid"],
            traceparent=row["traceparent"],
        ),
    )


def _in_order(rows: Sequence[Row], acked: Sequence[bool]) -> list[int]:
    """Return the positions that may be marked: acknowledged, and nothing of the same key before them was not."""
    failed: set[str] = set()
    positions = []
    for row, arrived in zip(rows, acked, strict=True):
        if arrived and row["aggregateid"] not in failed:
            positions.append(row["position"])
        else:
            failed.add(row["aggregateid"])
    return positions


async def _then(stop: asyncio.Event, act: Callable[[], None]) -> None:
    await stop.wait()
    act()
