"""One pass over the topic: the first copy of each event, and what is wrong with the order and the repeats."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer

from contracts.envelope import Headers, type_of
from contracts.lifecycle import EventType
from eventbus.kafka import KafkaConnection
from eventbus.partitioning import partition_of

_TYPES = {event_type.value.encode(): event_type.value for event_type in EventType}


class Published(NamedTuple):
    """What an event on the topic says of itself."""

    complaint: str
    type: str
    source: str
    sequence: int
    digest: bytes
    """SHA-256 of the value."""


@dataclass
class Topic:
    """What was published. Records that are no events of ours are for the consumers to park."""

    events: dict[str, Published] = field(default_factory=dict)
    """The first copy of each, by event id."""
    ends: dict[int, int] = field(default_factory=dict)
    """The end of each partition, by number."""
    disordered: set[str] = field(default_factory=set)
    """Complaints with a first copy before that of an earlier event of the same source."""
    misplaced: set[str] = field(default_factory=set)
    """Complaints with a record without their key, or in another partition than their key's."""
    altered: set[str] = field(default_factory=set)
    """Complaints with an event of which two copies differ."""
    repeated: set[str] = field(default_factory=set)
    """Complaints with two events of one type that follow from the same event."""
    unreadable: dict[str, str | None] = field(default_factory=dict)
    """The type, where it is one of ours, of each record that is no event, by `partition/offset`."""
    copies: int = 0
    """Second and later copies: no fault, since consumers know the ids."""
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _effects: set[tuple[bytes, str]] = field(default_factory=set)

    def take(self, record: Any) -> None:
        """Add the next record of a partition."""
        found = _event(record.headers, record.value)
        if found is None:
            self.unreadable[f"{record.partition}/{record.offset}"] = _TYPES.get(type_of(record.headers) or b"")
            return
        event_id, event = found
        key = event.complaint.encode()
        if record.key != key or record.partition != partition_of(key, len(self.ends)):
            self.misplaced.add(event.complaint)
        first = self.events.setdefault(event_id, event)
        if first is not event:
            self.copies += 1
            if first != event:
                self.altered.add(event.complaint)
            return
        line = (event.complaint, event.source)
        if event.sequence <= self._last.get(line, 0):
            self.disordered.add(event.complaint)
        self._last[line] = event.sequence
        cause = dict(record.headers).get("ce_causationid")
        if cause is None:
            return
        if (cause, event.type) in self._effects:
            self.repeated.add(event.complaint)
        self._effects.add((cause, event.type))


async def read_topic(bootstrap_servers: str, name: str, archive: Topic | None = None) -> Topic:
    """Read all partitions from the beginning to the end that they have now; `archive` is what stood before that."""
    options = KafkaConnection(bootstrap_servers).client_options()
    consumer = AIOKafkaConsumer(name, **options, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return await _read(consumer, archive or Topic())
    finally:
        await consumer.stop()


async def _read(consumer: Any, topic: Topic) -> Topic:
    partitions = consumer.assignment()  # all of them: there is no group
    ends = await consumer.end_offsets(partitions)
    topic.ends = {partition.partition: end for partition, end in ends.items()}
    unread = {partition for partition in partitions if await consumer.position(partition) < ends[partition]}
    while unread:
        for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
            for record in records:
                topic.take(record)
            if await consumer.position(partition) >= ends[partition]:
                unread.discard(partition)
                consumer.pause(partition)
    return topic


def _event(headers: Headers, value: bytes | None) -> tuple[str, Published] | None:
    given = {name: value for name, value in headers if value is not None}
    try:
        event_type = _TYPES[given["ce_type"]]
        complaint, source = given["ce_subject"].decode(), given["ce_source"].decode()
        event_id, sequence = given["ce_id"].decode(), int(given["ce_sequence"])
    except (KeyError, ValueError):
        return None
    return event_id, Published(complaint, event_type, source, sequence, sha256(value or b"").digest())
