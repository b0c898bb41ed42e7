"""Faults of what is on the topic: repeats, events read again, and records that nobody can apply."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from chaos.faults.base import SERVICES, Fault
from chaos.faults.poison import records
from chaos.system import System
from contracts.topics import LIFECYCLE

_PARKED = "SELECT count(*) FROM parked_message WHERE state = 'parked' AND key = ANY($1::bytea[])"
_SESSION_SECONDS = 15.0
"""Longer than a group waits for members that have gone without a word, as those with a name do."""
_LATEST = 500
"""How many records of each partition may come again: enough, and not the whole of a long run."""


class Repeats(Fault):
    """A part of the latest events is on the topic a second time."""

    name, number, bound_seconds = "repeats", 17, 5.0
    share = 0.3

    async def inject(self, system: System, random: Random) -> None:
        latest = [record for record in await _latest(system) if record.key not in system.foreign]
        repeated = [record for record in latest if random.random() < self.share]
        await _send(system, [Sent(each.key, each.value, each.headers, each.partition) for each in repeated])
        self.detail = f"{len(repeated)} records"


class ReadAgain(Fault):
    """A consumer group is put back, as if it had never committed what it did of late."""

    name, number, bound_seconds = "offsets-put-back", 17, 8.0

    async def inject(self, system: System, random: Random) -> None:
        group = random.choice(SERVICES)
        replicas = system.replicas[group]
        await asyncio.gather(*(replica.terminate() for replica in replicas))
        try:
            moved = await self._put_back(system, group)
        finally:
            await asyncio.gather(*(replica.start() for replica in replicas))
        self.detail = f"{group} by {moved} records"

    async def _put_back(self, system: System, group: str) -> int:
        options = {**system.kafka.client_options(), "group_id": group, "enable_auto_commit": False}
        async with AIOKafkaConsumer(**options) as consumer:
            partitions = _partitions()
            consumer.assign(partitions)
            ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
            starts = {partition: max(0, end - _LATEST) for partition, end in ends.items()}
            await _until_empty(consumer, starts)
        return sum(ends.values()) - sum(starts.values())


class Poison(Fault):
    """Records that nobody can apply, each under a key of its own: they are parked, and all others go on."""

    name, number, bound_seconds = "poison", 19, 5.0

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[bytes] = []

    async def inject(self, system: System, random: Random) -> None:
        poisoned = records(lambda: UUID(int=random.getrandbits(128), version=4))
        self._keys = [record.key for record in poisoned]
        system.foreign.update(self._keys)
        self.foreign = {record.key.decode() for record in poisoned}
        self.parked = {service: sum(service in record.parked_by for record in poisoned) for service in SERVICES}
        await _send(system, [Sent(record.key, record.value, record.headers, None) for record in poisoned])
        self.detail = f"{len(poisoned)} records"

    async def check(self, system: System) -> list[str]:
        parked = {service: await _parked(system, service, self._keys) for service in SERVICES}
        return [
            f"{service} has parked {parked[service]} of {expected} poisoned records"
            for service, expected in self.parked.items()
            if parked[service] != expected
        ]


class Sent(NamedTuple):
    """A record to send; where no partition is named, its key decides."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None


async def _send(system: System, wanted: Sequence[Sent]) -> None:
    async with AIOKafkaProducer(**system.kafka.client_options(), acks="all") as producer:
        sent = [
            await producer.send(
                LIFECYCLE.name, each.value, each.key, partition=each.partition, headers=list(each.headers)
            )
            for each in wanted
        ]
        await asyncio.gather(*sent)


async def _latest(system: System) -> list[Any]:
    """Return the latest records of each partition, in order."""
    found: list[Any] = []
    async with AIOKafkaConsumer(**system.kafka.client_options()) as consumer:
        partitions = _partitions()
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = {partition: max(0, end - _LATEST) for partition, end in ends.items()}
        for partition, start in starts.items():
            consumer.seek(partition, start)
        wanted = sum(ends.values()) - sum(starts.values())
        while len(found) < wanted:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += batch
    return found


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


async def _parked(system: System, service: str, keys: Sequence[bytes]) -> int:
    connection = await asyncpg.connect(system.databases[service])
    try:
        return int(await connection.fetchval(_PARKED, keys))
    finally:
        await connection.close()


def _partitions() -> list[TopicPartition]:
    return [TopicPartition(LIFECYCLE.name, number) for number in range(LIFECYCLE.partitions)]


ALL: tuple[type[Fault], ...] = (Repeats, ReadAgain, Poison)
