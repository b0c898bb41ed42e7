"""Lets a group read a topic again: its offsets go back, never forth, while it has no members."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiokafka import TopicPartition

from eventbus.brokers import Brokers


class GroupHasMembers(Exception):
    """Somebody still reads as this group: stop them first."""


@dataclass(frozen=True)
class Plan:
    """Where each partition would go back to, and how many records would be read again."""

    offsets: Mapping[TopicPartition, int]
    records: int


async def plan(brokers: Brokers, group: str, topic: str, since: datetime | None) -> Plan:
    """Say how far back the group would go: to `since`, or to the beginning of what Kafka keeps.

    A partition of which the group has read nothing yet is left as it is: it begins at the beginning anyhow.
    """
    done = {each: offset for each, offset in (await brokers.committed(group)).items() if each.topic == topic}
    begins, _ = await brokers.extent(topic)
    wanted = begins if since is None else await brokers.offsets_at(topic, int(since.timestamp() * 1000))
    offsets = {each: wanted[each] for each, offset in done.items() if wanted[each] < offset}
    return Plan(offsets, sum(done[each] - offset for each, offset in offsets.items()))


async def check_idle(brokers: Brokers, group: str, topic: str) -> None:
    """Raise GroupHasMembers where somebody reads as this group."""
    health = await brokers.group(group, topic)
    if health.members:
        raise GroupHasMembers(f"{health.members} members, {health.state}")


async def go_back(brokers: Brokers, group: str, wanted: Plan) -> None:
    """Carry the plan out; the brokers refuse where somebody reads as this group."""
    if wanted.offsets:
        await brokers.commit(group, wanted.offsets)
