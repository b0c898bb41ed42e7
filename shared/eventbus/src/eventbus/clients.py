"""aiokafka's clients with an end that waits for nobody.

`stop` of either waits for the brokers: a producer until everything queued is written, a consumer until the group has
let it go. Where a broker hangs, that never ends, and cutting it off would leave tasks and connections behind, and a
producer that writes late what was sent again meanwhile. `abandon` reaches into aiokafka, whose version is pinned.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

_MUCH_BYTES = 65_536
_IDLE_WAIT_MS = 500


class Producer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka is untyped
    """A producer that can be dropped with what it has not written."""

    async def abandon(self) -> None:
        """Close the connections and forget what was not acknowledged."""
        self._closed = True
        await self.client.close()
        await self._sender.close()


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka is untyped
    """A consumer that can be dropped without a word to its group, which then waits for its session to end."""

    def gather(self, seconds: float) -> None:
        """Let the brokers hold back their next answers for `seconds`, or until there is much; with 0, for nothing.

        A fetch names every partition, and each first record ends it: without this, a steady trickle costs a fetch and
        a slice a record.
        """
        self._fetcher._fetch_min_bytes = _MUCH_BYTES if seconds else 1
        self._fetcher._fetch_max_wait_ms = round(seconds * 1000) or _IDLE_WAIT_MS

    def listening(self) -> set[TopicPartition]:
        """Return the partitions that this member has and has not paused."""
        partitions: set[TopicPartition] = self.assignment() - self.paused()
        return partitions

    def place(self, partition: TopicPartition) -> int | None:
        """Return the offset of the next record of an assigned partition; None until it is known."""
        state = self._subscription.subscription.assignment.state_value(partition)
        return state.position if state.has_valid_position else None

    async def abandon(self) -> None:
        """End every task and close the connections."""
        self._closed = True
        coordinator = self._coordinator
        if coordinator is not None:
            await _end(coordinator._coordination_task, coordinator._heartbeat_task, coordinator._commit_refresh_task)
        fetcher = self._fetcher
        if fetcher is not None:
            fetcher._closed = True
            await _end(fetcher._fetch_task, *fetcher._pending_tasks)
            for waiter in fetcher._fetch_waiters:
                fetcher._notify(waiter)
        await self._client.close()


async def _end(*tasks: asyncio.Task[Any] | None) -> None:
    running = [task for task in tasks if task is not None and not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
