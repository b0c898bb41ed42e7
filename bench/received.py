"""Received events as intake's relay writes them to the topic."""

import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime
from random import Random

from aiokafka import AIOKafkaProducer

from bench.intake import BODY
from bench.platform import TENANT, Platform
from contracts.envelope import headers_of
from contracts.events import ComplaintReceived, Place
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from runtime.ids import uuid7


def producer(running: Platform) -> AIOKafkaProducer:
    """Return a producer, to be started."""
    return AIOKafkaProducer(**running.kafka.client_options(), max_batch_size=262_144, linger_ms=5)


async def send(to: AIOKafkaProducer, index: int, random: Random) -> tuple[uuid.UUID, Awaitable[object]]:
    """Send one complaint's event; return its id and what is done when the brokers have it."""
    subject, now = uuid7(), datetime.now(UTC)
    value = _received(index, now, random).model_dump_json(exclude_none=True).encode()
    sent = await to.send(LIFECYCLE.name, value, key=str(subject).encode(), headers=_headers(subject, now))
    return subject, sent


def _received(index: int, now: datetime, random: Random) -> ComplaintReceived:
    return ComplaintReceived(
        number=f"bench-{index}",
        source="hotline",
        proactive=False,
        category="street_order.parking",
        description=str(BODY["description"]),
        location=Place(lon=107.2357 + random.uniform(-0.05, 0.05), lat=26.5807 + random.uniform(-0.04, 0.04)),
        occurred_at=None,
        received_at=now,
        owner=None,
        external_ref=None,
    )


def _headers(subject: uuid.UUID, now: datetime) -> list[tuple[str, bytes]]:
    event_id = uuid7()
    return headers_of(
        event_id=str(event_id),
        event_type=EventType.RECEIVED.value,
        source="intake",
        subject=str(subject),
        tenant=TENANT,
        time=now,
        sequence=1,
        correlation_id=str(event_id),
        causation_id=None,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    )
