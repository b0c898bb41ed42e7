"""A Kafka producer that is thrown away after any failure.

aiokafka's idempotent producer poisons itself: once a numbered batch has failed, every later send to that partition
fails until a new producer object is made. Its sends may also wait for ever. So every wait here has a limit, and after
a failure the next call starts with a fresh producer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from eventbus.kafka import STOP_TIMEOUT_SECONDS, KafkaConnection

log = structlog.get_logger()
MAX_RECORD_BYTES = 1_048_576
START_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent: the partition follows from the key."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class RecoveringProducer:
    """Sends records in order; a failed batch costs the producer its life, not the caller's."""

    def __init__(self, kafka: KafkaConnection, *, deadline_seconds: float = 15.0) -> None:
        """`deadline_seconds` is how long one batch may take before it counts as failed."""
        self._kafka = kafka
        self._deadline = deadline_seconds
        self._producer: AIOKafkaProducer | None = None

    async def send(self, records: Sequence[Record]) -> list[bool]:
        """Send `records` and return for each whether the brokers acknowledged it.

        False does not say that a record is not in the log, only that nobody said it was. Raises KafkaError where no
        producer could be started.
        """
        producer = await self._started()
        sent: list[asyncio.Future[object]] = []
        try:
            async with asyncio.timeout(self._deadline):
                for record in records:
                    sent.append(  # noqa: PERF401 - what was queued before an error must be known
                        await producer.send(record.topic, value=record.value, key=record.key, headers=record.headers)
                    )
                await asyncio.wait(sent)
        except (KafkaError, TimeoutError) as error:
            log.warning("send_failed", error=repr(error), records=len(records), queued=len(sent))
        acked = [future.done() and not future.cancelled() and not future.exception() for future in sent]
        acked += [False] * (len(records) - len(acked))
        if not all(acked):
            await self.close()
        return acked

    async def close(self) -> None:
        """Stop the producer within a limit and forget it."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await producer.stop()
        except (TimeoutError, KafkaError, OSError) as error:
            log.info("producer_abandoned", error=repr(error))

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
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
                    await producer.start()
            except BaseException:
                self._producer = producer
                await self.close()
                raise
            self._producer = producer
        return self._producer
