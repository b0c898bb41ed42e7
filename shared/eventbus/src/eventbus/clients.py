"""aiokafka's clients with an end that waits for nobody.

`stop` of either waits for the brokers: a producer until everything queued is written, a consumer until the group has
let it go. Where a broker hangs, that never ends, and cutting it off would leave tasks and connections behind, and a
producer that writes late what was sent again meanwhile. `abandon` reaches into aiokafka, whose version is pinned.

And where a network forgets connections without a word, aiokafka finds out one after the other, each after a request of
its own has timed out; one that is asked for metadata alone it never renews. Here the first timeout is enough for all.
"""

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import CloseReason
from aiokafka.errors import RequestTimedOutError

_MUCH_BYTES = 65_536
_IDLE_WAIT_MS = 500


class _Connections(AIOKafkaClient):
    """The connections of one client; where one is dead, all go that have been as silent, and are opened anew."""

    async def send(self, *request: Any, **group: Any) -> Any:
        """Send; raises aiokafka's errors, where its own raises KeyError and the fetcher of a consumer dies of it."""
        try:
            return await super().send(*request, **group)
        except KeyError as error:  # it timed out, and its connection has been replaced by then
            raise RequestTimedOutError from error

    async def _get_conn(self, *place: Any, **group: Any) -> Any:
        if any(_is_unanswered(connection) for connection in self._conns.values()):
            self._close_silent()
        return await super()._get_conn(*place, **group)

    def _on_connection_closed(self, connection: Any, reason: CloseReason) -> None:
        super()._on_connection_closed(connection, reason)
        if reason is CloseReason.CONNECTION_TIMEOUT:
            self._close_silent()

    def _close_silent(self) -> None:
        last = time.monotonic() - self._request_timeout_ms / 1000
        for connection in [*self._conns.values()]:
            if connection.connected() and connection._last_action < last:
                connection.close(reason=CloseReason.CONNECTION_TIMEOUT)


def _is_unanswered(connection: Any) -> bool:
    """Tell whether somebody has given up waiting for the next answer."""
    return bool(connection.connected() and connection._requests and connection._requests[0][-1].cancelled())


class Producer(AIOKafkaProducer):
    """A producer that can be dropped with what it has not written."""

    def __init__(self, **options: Any) -> None:
        """Take aiokafka's options."""
        super().__init__(**options)
        self.client.__class__ = _Connections

    async def abandon(self) -> None:
        """Close the connections and forget what was not acknowledged."""
        self._closed = True
        await self.client.close()
        await self._sender.close()


class Consumer(AIOKafkaConsumer):
    """A consumer that can be dropped without a word to its group, which then waits for its session to end."""

    def __init__(self, **options: Any) -> None:
        """Take aiokafka's options."""
        super().__init__(**options)
        self._client.__class__ = _Connections

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

    async def stop(self) -> None:
        """Leave the group and close the connections; the others take the partitions over at once.

        A member with a lasting name leaves too: aiokafka lets it go without a word, as if it were to be back soon, and
        its partitions would wait for that until its session ends.
        """
        if self._coordinator is not None:
            self._coordinator._group_instance_id = None
        await super().stop()

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
