"""A Kafka producer that is thrown away after any failure.

aiokafka's idempotent producer poisons itself: once a numbered batch has failed, every later send to that partition
fails until a new producer object is made. Its sends may also wait for ever. So every wait here has a limit, and after
a failure the next call starts with a fresh producer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from aiokafka.errors import KafkaError

from contracts.envelope import Headers
from eventbus.clients import Producer
from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection
from eventbus.partitioning import partition_of

log = structlog.get_logger()
MAX_RECORD_BYTES = 1_048_576
_FRAME_BYTES = 64
"""What lengths, times and flags of a record take at most, and as much again for each header with its name."""
START_TIMEOUT_SECONDS = 10.0


class Record(NamedTuple):
    """What is sent: the partition follows from the key."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers

    @property
    def fits(self) -> bool:
        """Whether client and brokers take it."""
        attributes = sum([len(value or b"") for _, value in self.headers]) + _FRAME_BYTES * len(self.headers)
        return len(self.key) + len(self.value) + attributes + _FRAME_BYTES <= MAX_RECORD_BYTES


@dataclass(slots=True)
class _Batch:
    """What goes to one partition in one piece: aiokafka then keeps one future a batch instead of one a record."""

    topic: str
    partition: int
    builder: Any
    indexes: list[int] = field(default_factory=list)
    future: asyncio.Future[object] | None = None

    @property
    def is_acknowledged(self) -> bool:
        future = self.future
        return future is not None and future.done() and not future.cancelled() and not future.exception()

    def add(self, index: int, record: Record) -> bool:
        """Take one more record, or return False where the batch is full."""
        if self.builder.append(timestamp=None, key=record.key, value=record.value, headers=record.headers) is None:
            return False
        self.indexes.append(index)
        return True


class RecoveringProducer:
    """Sends records in order; a failed batch costs the producer its life, not the caller's."""

    def __init__(self, kafka: KafkaConnection, *, deadline_seconds: float = 15.0) -> None:
        """`deadline_seconds` is how long one batch may take before it counts as failed."""
        self._kafka = kafka
        self._deadline = deadline_seconds
        self._producer: Producer | None = None

    async def send(self, records: Sequence[Record]) -> list[bool]:
        """Send `records` and return for each whether the brokers acknowledged it.

        False does not say that a record is not in the log, only that nobody said it was. Raises KafkaError where no
        producer could be started.
        """
        producer = await self._started()
        sent: list[_Batch] = []
        try:
            async with asyncio.timeout(self._deadline):
                await self._queue(producer, records, sent)
                await asyncio.gather(*[batch.future for batch in sent if batch.future], return_exceptions=True)
        except TimeoutError as error:
            log.warning("send_failed", error=repr(error), records=len(records), batches=len(sent))
        acked = [False] * len(records)
        for batch in sent:
            if batch.is_acknowledged:
                for index in batch.indexes:
                    acked[index] = True
        if not all(acked):
            await self.close()
        return acked

    async def close(self) -> None:
        """Close the producer within a limit and forget it."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await producer.abandon()
        except (TimeoutError, KafkaError, OSError) as error:
            log.info("producer_not_closed", error=repr(error))

    async def _queue(self, producer: Producer, records: Sequence[Record], sent: list[_Batch]) -> None:
        """Queue `records` in order up to the first that is refused; `sent` gets the batches that were queued."""
        try:
            partitions = {topic: len(await producer.partitions_for(topic)) for topic in {r.topic for r in records}}
            for batch in _batches(producer, records, partitions):
                batch.future = await producer.send_batch(batch.builder, batch.topic, partition=batch.partition)
                sent.append(batch)
        except KafkaError as error:
            log.warning("send_failed", error=repr(error), records=len(records), batches=len(sent))

    async def _started(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                **self._kafka.client_options(),
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=262_144,
                max_request_size=MAX_RECORD_BYTES,
                metadata_max_age_ms=5_000,
            )
            try:
                async with asyncio.timeout(START_TIMEOUT_SECONDS):
                    await self._producer.start()
            except BaseException:
                await self.close()
                raise
        return self._producer


def _batches(producer: Producer, records: Sequence[Record], partitions: Mapping[str, int]) -> list[_Batch]:
    """Return `records`, up to the first that does not fit, in batches; those of one partition in order."""
    batches: list[_Batch] = []
    latest: dict[tuple[str, int], _Batch] = {}
    for index, record in enumerate(records):
        if not record.fits:
            log.warning("send_failed", error="a record is too large", records=len(records), queued=index)
            break
        place = record.topic, partition_of(record.key, partitions[record.topic])
        batch = latest.get(place)
        if batch is None or not batch.add(index, record):
            batch = latest[place] = _Batch(*place, producer.create_batch())
            batch.add(index, record)
            batches.append(batch)
    return batches
