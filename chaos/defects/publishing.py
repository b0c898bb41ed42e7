"""Defects of the way from the outbox to the topic."""

from collections.abc import Iterable, Sequence
from random import randrange
from typing import Any

from chaos.defects.breaking import changed, replace
from eventbus import producer, relay, unpublished
from eventbus.producer import Record, RecoveringProducer
from eventbus.relay import Relay
from eventbus.shards import ShardLocks
from eventbus.tables import SHARDS
from eventbus.unpublished import Row, Unpublished
from operations import service


def cursor_by_id() -> None:
    """Let the relay ask for what stands behind the last row that it published; a row that commits late is skipped."""
    replace(relay, "Unpublished", _Cursor)


class _Cursor(Unpublished):
    _FETCH = changed(unpublished._FETCH, "published_at IS NULL", "published_at IS NULL AND position > $3")

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._last = 0

    async def fetch(self, shards: Iterable[int], size: int) -> Sequence[Row]:
        rows: Sequence[Row] = await self._connection.fetch(self._FETCH, list(shards), size, self._last)
        return rows

    async def mark(self, positions: Sequence[int]) -> None:
        await super().mark(positions)
        self._last = max(self._last, *positions)


def mark_before_send() -> None:
    """Let the relay mark rows as published and only then send them; a crash in between loses them."""
    replace(service, "Relay", _MarksFirst)


class _MarksFirst(Relay):
    async def _publish(self, batch: Sequence[tuple[Row, Record]]) -> None:
        await self._mark([row["position"] for row, _ in batch])
        await self._producer.send([record for _, record in batch])


def skip_locked_relays() -> None:
    """Let every relay publish all shards, kept apart by SKIP LOCKED only: one overtakes the other within a key."""
    replace(relay, "ShardLocks", _NoLocks)
    replace(relay, "Unpublished", _SkippingLocked)


class _NoLocks(ShardLocks):
    async def balance(self) -> None:
        self.held = set(range(SHARDS))


class _SkippingLocked(Unpublished):
    _FETCH = f"{unpublished._FETCH} FOR UPDATE SKIP LOCKED"

    async def fetch(self, shards: Iterable[int], size: int) -> Sequence[Row]:
        """Leave the transaction open that holds the rows, until they are marked."""
        self._transaction = self._connection.transaction()
        await self._transaction.start()
        rows: Sequence[Row] = await self._connection.fetch(self._FETCH, list(shards), size)
        if not rows:
            await self._transaction.rollback()
        return rows

    async def mark(self, positions: Sequence[int]) -> None:
        await super().mark(positions)
        await self._transaction.commit()


def no_key() -> None:
    """Let the relay send records without a key, to any partition: the events of a complaint overtake each other."""
    make_record = relay._record
    replace(relay, "_record", lambda row: make_record(row)._replace(key=b""))
    replace(producer, "partition_of", lambda key, partitions: randrange(partitions))  # noqa: ARG005 - it is the defect


def producer_for_ever() -> None:
    """Keep the producer after a failure; aiokafka's then refuses every later batch of the partitions that failed."""
    replace(relay, "RecoveringProducer", _Unrecovering)


class _Unrecovering(RecoveringProducer):
    async def close(self) -> None:
        """Do nothing."""
