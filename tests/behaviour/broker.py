"""What the suite does to Kafka behind the bus's back."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.record.util import calc_crc32c

from behaviour.running import until
from contracts.envelope import Event, headers_of_event
from eventbus.brokers import Brokers
from eventbus.kafka import KafkaConnection
from eventbus.producer import Record

_CHECKSUM = 17
"""Where in a record batch its checksum stands."""


@asynccontextmanager
async def _admin(kafka: KafkaConnection) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**kafka.client_options())
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def create_topic(
    kafka: KafkaConnection, name: str, *, partitions: int = 4, configs: Mapping[str, str] | None = None
) -> None:
    """Create a topic, once a broker has joined: one that is held up for long is left out of the cluster for a while."""
    async with _admin(kafka) as admin:

        async def has_a_broker() -> bool:
            return bool((await admin.describe_cluster())["brokers"])

        await until(has_a_broker)
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=dict(configs or {}))])


async def configure(kafka: KafkaConnection, topic: str, settings: Mapping[str, str]) -> None:
    """Give the topic these settings, and its brokers' own for all others."""
    async with _admin(kafka) as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))])


async def committed(kafka: KafkaConnection, group: str) -> dict[int, int]:
    """Return the group's committed offset of each partition that has one."""
    async with _admin(kafka) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
    return {partition.partition: found.offset for partition, found in offsets.items() if found.offset >= 0}


async def group_state(kafka: KafkaConnection, group: str) -> str:
    """Return what the group is at: Empty, PreparingRebalance, CompletingRebalance, Stable, Dead."""
    async with _admin(kafka) as admin:
        [response] = await admin.describe_consumer_groups([group])
    [(_, _, state, *_)] = response.groups
    return str(state)


async def commit(kafka: KafkaConnection, topic: str, group: str, offsets: Mapping[int, int]) -> None:
    """Put a group without members back, or forth, to these offsets."""
    consumer = AIOKafkaConsumer(**kafka.client_options(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    partitions = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    consumer.assign(list(partitions))
    await consumer.commit(partitions)
    await consumer.stop()


async def delete_records(kafka: KafkaConnection, topic: str) -> int:
    """Delete every record of the topic, as retention or an accident would; return how many there were."""
    begins, ends = await Brokers(kafka).extent(topic)
    async with _admin(kafka) as admin:
        await admin.delete_records({each: RecordsToDelete(before_offset=end) for each, end in ends.items()})
    return sum(ends.values()) - sum(begins.values())


async def delete_topic(kafka: KafkaConnection, topic: str) -> None:
    """Delete the topic, if it is there, and wait until it is gone: brokers delete no records of a compacted one."""
    async with _admin(kafka) as admin:
        if topic in await admin.list_topics():
            await admin.delete_topics([topic])
        while topic in await admin.list_topics():  # noqa: ASYNC110 - what is waited for happens in a server
            await asyncio.sleep(0.05)


def record(topic: str, event: Event[Any], **changes: Any) -> Record:
    """The record that a relay would send for `event`; `changes` replace its parts."""
    headers = headers_of_event(event)
    value = event.data.model_dump_json(exclude_none=True).encode()
    parts = {"topic": topic, "key": str(event.subject).encode(), "value": value, "headers": headers}
    return Record(**{**parts, **changes})


async def produce(kafka: KafkaConnection, records: Sequence[Record], *, partition: int | None = None) -> None:
    """Send `records` in order with a plain producer, whatever is wrong with them."""
    async with AIOKafkaProducer(**kafka.client_options(), acks="all") as producer:
        sent = [
            await producer.send(
                each.topic, value=each.value, key=each.key, headers=list(each.headers), partition=partition
            )
            for each in records
        ]
        await asyncio.gather(*sent)


async def produce_with_header_name(kafka: KafkaConnection, topic: str, name: bytes, *, partition: int) -> None:
    """Send a record whose header has a name that no Python client would write; `name` is of four bytes."""
    async with AIOKafkaProducer(**kafka.client_options(), acks="all") as producer:
        batch = producer.create_batch()
        batch.append(key=b"key", value=b"{}", timestamp=None, headers=[("name", b"")])
        batch.close()
        data = bytearray(batch._build().replace(b"name", name))
        struct.pack_into(">I", data, _CHECKSUM, calc_crc32c(memoryview(data)[_CHECKSUM + 4 :]))
        batch._buffer = data
        await (await producer.send_batch(batch, topic, partition=partition))


async def contents(kafka: KafkaConnection, topic: str) -> list[Any]:
    """Return every record of the topic, partition by partition, in order."""
    found: list[Any] = []
    async with AIOKafkaConsumer(topic, **kafka.client_options(), auto_offset_reset="earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while len(found) < sum(ends.values()):
            batches = await consumer.getmany(timeout_ms=500)
            found += [each for batch in batches.values() for each in batch]
    return sorted(found, key=lambda each: (each.partition, each.offset))


async def event_ids(kafka: KafkaConnection, topic: str) -> list[str]:
    """Return the event id of every record of the topic, repeats and all."""
    return [dict(each.headers)["ce_id"].decode() for each in await contents(kafka, topic)]
