"""Polls for records, past those that the client itself cannot read.

aiokafka decodes the names of headers as UTF-8 and raises from the poll where that fails, for ever at the same record,
and with it what the poll had taken from other partitions is lost. So the member joins again, and goes on one record a
partition at a time until it has found the culprit.
"""

from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

Polled = dict[TopicPartition, Sequence[Any]]
_WAIT_MS = 200
_CAREFUL_WAIT_MS = 20


class UnreadableRecord(KafkaError):
    """A poll failed at a record that cannot be decoded: join again."""


class Poll:
    """The polls of one consumer, over all its memberships."""

    def __init__(self, size: int) -> None:
        """`size` is how many records one poll may return."""
        self._size = size
        self._careful = False

    async def __call__(self, member: Any) -> Polled:
        """Return records by partition, or none after a moment; raises UnreadableRecord where it must be called again.

        A record that cannot be decoded comes without key and value, as something to park.
        """
        if self._careful:
            return await self._carefully(member)
        try:
            polled: Polled = await member.getmany(timeout_ms=_WAIT_MS, max_records=self._size)
        except UnicodeDecodeError as error:
            self._careful = True
            raise UnreadableRecord(str(error)) from error
        return polled

    async def _carefully(self, member: Any) -> Polled:
        polled: Polled = {}
        for partition in member.assignment():
            try:
                polled |= await member.getmany(partition, timeout_ms=_CAREFUL_WAIT_MS, max_records=1)
            except UnicodeDecodeError as error:
                self._careful = False
                offset = await member.position(partition)
                member.seek(partition, offset + 1)
                polled[partition] = [_stand_in(partition, offset, error)]
        return polled


def _stand_in(partition: TopicPartition, offset: int, error: UnicodeDecodeError) -> ConsumerRecord[None, None]:
    """Return a record with nothing in it but where it stands and why it cannot be read."""
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=[("unreadable", str(error).encode())],
    )
