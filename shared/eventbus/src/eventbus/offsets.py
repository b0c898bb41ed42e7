"""How far each partition is done, and when the group is told."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from eventbus import metrics

log = structlog.get_logger()
COMMIT_TIMEOUT_SECONDS = 2.0


class Offsets:
    """The offsets of one member: last applied + 1 for each partition, and only what is applied or parked."""

    def __init__(
        self, consumer: str, commit_every_seconds: float, end_of: Callable[[TopicPartition], int] = lambda _: 0
    ) -> None:
        """`consumer` names the metrics; `end_of` says what is known of a partition's end besides what was fetched."""
        self._consumer = consumer
        self._end_of = end_of
        self._commit_every_seconds = commit_every_seconds
        self._committed_at = 0.0
        self._done: dict[TopicPartition, int] = {}
        self._reached: dict[TopicPartition, int] = {}

    @property
    def uncommitted(self) -> Mapping[TopicPartition, int]:
        """What is done and the group does not know."""
        return self._done

    @property
    def are_due(self) -> bool:
        """Whether it is time to commit."""
        return time.monotonic() - self._committed_at >= self._commit_every_seconds

    def note(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember up to where partitions are done."""
        self._done |= offsets
        self._reached |= offsets

    def forget(self) -> None:
        """Start anew, after partitions were given away."""
        self._done.clear()
        self._reached.clear()

    async def commit(self, member: Any) -> None:
        """Commit what is done; what could not be committed stays for the next time.

        A refusal around a rebalance is normal: the inbox absorbs the repeat.
        """
        done, self._done = self._done, {}
        self._committed_at = time.monotonic()
        self._measure(member)
        if not done:
            return
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS):
                await member.commit(done)
        except (KafkaError, TimeoutError) as error:
            self._done = done | self._done
            log.info("offsets_not_committed", consumer=self._consumer, error=repr(error)[:200])

    def _measure(self, member: Any) -> None:
        lag = 0
        for partition in member.assignment():
            end = max(member.highwater(partition) or 0, self._end_of(partition))
            reached = self._reached.get(partition, member.place(partition))
            lag += max(0, end - reached) if reached is not None else 0
        metrics.LAG.labels(self._consumer).set(lag)
