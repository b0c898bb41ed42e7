"""The registry of topics: names, keys, partitions and who publishes what on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from contracts.events import PAYLOADS, Payload
from contracts.lifecycle import EventType


@dataclass(frozen=True)
class Topic:
    """A Kafka topic. The partition count is fixed for good: another count is another topic version."""

    name: str
    key: str
    partitions: int
    retention: timedelta
    description: str
    events: Mapping[EventType, type[Payload]]


LIFECYCLE = Topic(
    name="complaint.lifecycle.v1",
    key="complaint id",
    partitions=48,
    retention=timedelta(days=30),
    description="The life of complaints. All three services publish; one partition holds a story in causal order.",
    events=PAYLOADS,
)

TOPICS = (LIFECYCLE,)
