"""What Kafka says of a topic and of a group that reads it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from eventbus.kafka import KafkaConnection

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True)
class TopicHealth:
    """How a topic is kept."""

    brokers: int
    partitions: int
    replication: int
    """Of the partition with the fewest copies."""
    min_insync_replicas: int
    cleanup_policy: str
    retention_ms: int
    under_replicated: int
    leaderless: int


@dataclass(frozen=True)
class GroupHealth:
    """Who reads, and how far behind."""

    state: str
    members: int
    lag: int


class Brokers:
    """Questions to the brokers; every answer raises KafkaError or OSError where they are away."""

    def __init__(self, kafka: KafkaConnection) -> None:
        """Nothing is opened before a question is asked."""
        self._kafka = kafka

    async def topic(self, name: str) -> TopicHealth:
        """Say how the topic is kept."""
        async with self._admin() as admin:
            [described] = await admin.describe_topics([name])
            brokers = (await admin.describe_cluster())["brokers"]
            [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        partitions = described["partitions"]
        settings = {setting[0]: setting[1] for setting in answer.resources[0][4]}
        return TopicHealth(
            brokers=len(brokers),
            partitions=len(partitions),
            replication=min((len(each["replicas"]) for each in partitions), default=0),
            min_insync_replicas=int(settings["min.insync.replicas"]),
            cleanup_policy=settings["cleanup.policy"],
            retention_ms=int(settings["retention.ms"]),
            under_replicated=sum(len(each["isr"]) < len(each["replicas"]) for each in partitions),
            leaderless=sum(each["leader"] < 0 for each in partitions),
        )

    async def group(self, name: str, topic: str) -> GroupHealth:
        """Say who of the group reads, and how many records of the topic are ahead of it."""
        async with self._admin() as admin:
            [response] = await admin.describe_consumer_groups([name])
        [(_, _, state, _, _, members, *_)] = response.groups
        done = await self.committed(name)
        begins, ends = await self.extent(topic)
        lag = sum(end - max(done.get(partition, 0), begins[partition]) for partition, end in ends.items())
        return GroupHealth(state=state, members=len(members), lag=lag)

    async def committed(self, group: str) -> Offsets:
        """Return the offsets that the group has committed."""
        async with self._admin() as admin:
            found = await admin.list_consumer_group_offsets(group)
        return {partition: each.offset for partition, each in found.items() if each.offset >= 0}

    async def extent(self, topic: str) -> tuple[Offsets, Offsets]:
        """Return where each partition begins and ends."""
        partitions = await self._partitions(topic)
        async with self._reader() as reader:
            return await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)

    async def offsets_at(self, topic: str, milliseconds: int) -> Offsets:
        """Return the first offset of each partition at or after that time; its end where there is none."""
        partitions = await self._partitions(topic)
        async with self._reader() as reader:
            ends = await reader.end_offsets(partitions)
            found = await reader.offsets_for_times(dict.fromkeys(partitions, milliseconds))
        return {each: found[each].offset if found.get(each) else ends[each] for each in partitions}

    async def commit(self, group: str, offsets: Offsets) -> None:
        """Put a group without members to these offsets; the brokers refuse while it has some."""
        reader = AIOKafkaConsumer(**self._kafka.client_options(), group_id=group, enable_auto_commit=False)
        await reader.start()
        try:
            reader.assign(list(offsets))
            await reader.commit(dict(offsets))
        finally:
            await reader.stop()

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        async with self._admin() as admin:
            [described] = await admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in described["partitions"]]

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        client = AIOKafkaAdminClient(**self._kafka.client_options())
        try:
            await client.start()
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[Any]:
        client = AIOKafkaConsumer(**self._kafka.client_options())
        try:
            await client.start()
            yield client
        finally:
            await client.stop()
