"""What faults do to the lifecycle topic and to the groups that read it."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from chaos.system import System
from contracts.topics import LIFECYCLE

_SESSION_SECONDS = 15.0
"""Longer than a group waits for members that have gone without a word, as those with a name do."""
_LATEST = 500
"""How many records of each partition may come again: enough, and not the whole of a long run."""


class Sent(NamedTuple):
    """A record to send; where no partition is named, its key decides."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None


async def send(system: System, wanted: Sequence[Sent]) -> None:
    """Send records in this order, as anybody could who may write to the topic."""
    async with AIOKafkaProducer(**system.kafka.client_options(), acks="all") as producer:
        sent = [
            await producer.send(
                LIFECYCLE.name, each.value, each.key, partition=each.partition, headers=list(each.headers)
            )
            for each in wanted
        ]
        await asyncio.gather(*sent)


async def latest(system: System) -> list[Any]:
    """Return the latest records of each partition, in order."""
    found: list[Any] = []
    async with AIOKafkaConsumer(**system.kafka.client_options()) as consumer:
        partitions = all_partitions()
        consumer.assign(partitions)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        starts = {partition: max(begins[partition], end - _LATEST) for partition, end in ends.items()}
        for partition, start in starts.items():
            consumer.seek(partition, start)
        wanted = sum(ends.values()) - sum(starts.values())
        while len(found) < wanted:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += batch
    return found


async def put_back(system: System, group: str) -> int:
    """Put a group that is about to have no members any more back by its latest records; return by how many."""
    options = {**system.kafka.client_options(), "group_id": group, "enable_auto_commit": False}
    async with AIOKafkaConsumer(**options) as consumer:
        partitions = all_partitions()
        consumer.assign(partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        starts = {partition: max(0, end - _LATEST) for partition, end in ends.items()}
        await _until_empty(consumer, starts)
    return sum(ends.values()) - sum(starts.values())


def all_partitions() -> list[TopicPartition]:
    """Return the topic's partitions."""
    return [TopicPartition(LIFECYCLE.name, number) for number in range(LIFECYCLE.partitions)]


async def _until_empty(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    """Commit for a group as soon as it has no members any more."""
    async with asyncio.timeout(_SESSION_SECONDS):
        while True:
            try:
                await consumer.commit(offsets)
            except KafkaError:
                await asyncio.sleep(0.3)
            else:
                return
