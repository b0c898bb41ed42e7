"""aiokafka's clients with an end that waits for nobody.

`stop` of either waits for the brokers: a producer until everything queued is written, a consumer until the group has
let it go. Where a broker hangs, that never ends, and cutting it off would leave tasks and connections behind, and a
producer that writes late what was sent again meanwhile. `abandon` reaches into aiokafka, whose version is pinned.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

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

    async def abandon(self) -> None:
        """End every task and close the connections."""
        self._closed = True
        coordinator = self._coordinator
        if coordinator is not None:
            await _end(coordinator._coordination_task, coordinator._heartbeat_task, coordinator._commit_refresh_task)
        if self._fetcher is not None:
            await self._fetcher.close()
        await self._client.close()


async def _end(*tasks: asyncio.Task[Any] | None) -> None:
    running = [task for task in tasks if task is not None and not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
