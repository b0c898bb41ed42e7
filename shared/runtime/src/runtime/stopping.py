"""Signals, and how much time is left once one has come."""

import asyncio
import signal
from collections.abc import Collection, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

log = structlog.get_logger()

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CANCEL_SECONDS = 1.0


class Stopping:
    """Whether the process has been asked to stop, how urgently, and by when it must have stopped."""

    def __init__(self, grace_seconds: float) -> None:
        self.requested = asyncio.Event()
        self._hurried = asyncio.Event()
        self._grace_seconds = grace_seconds
        self._loop = asyncio.get_running_loop()
        self._requested_at = 0.0

    def request(self) -> None:
        """Ask for an orderly stop; ask again for one at once."""
        if self.requested.is_set():
            self._hurried.set()
            return
        self._requested_at = self._loop.time()
        self.requested.set()

    def is_requested(self) -> bool:
        """Say whether the process has been asked to stop."""
        return self.requested.is_set()

    def seconds_left(self, share: float) -> float:
        """Return the seconds until that share of the grace period is over; all of it while nobody asked to stop."""
        if self._hurried.is_set():
            return 0.0
        if not self.requested.is_set():
            return self._grace_seconds * share
        return max(0.0, self._requested_at + self._grace_seconds * share - self._loop.time())

    async def linger(self, seconds: float) -> None:
        """After the request, go on for that long or until a second signal; only then the grace period begins."""
        try:
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
        except TimeoutError:
            self._requested_at = self._loop.time()

    async def unless_requested(self, step: Coroutine[Any, Any, None]) -> None:
        """Run a step of the start, giving it up when the process is asked to stop."""
        task = asyncio.create_task(step)
        await self._first_of({task}, self.requested)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_SECONDS)
        if not task.cancelled():
            task.result()

    async def finish(self, tasks: Collection[asyncio.Task[None]], share: float) -> None:
        """Wait for the tasks until that share of the grace period is over, or a second signal; then cancel them."""
        pending = {task for task in tasks if not task.done()}
        while pending and self.seconds_left(share) > 0:
            pending -= await self._first_of(pending, self._hurried, self.seconds_left(share))
        for task in pending:
            log.warning("stopped_before_it_was_done", task=task.get_name())
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=_CANCEL_SECONDS)

    async def _first_of(
        self, tasks: set[asyncio.Task[None]], event: asyncio.Event, timeout_seconds: float | None = None
    ) -> set[asyncio.Task[None]]:
        """Wait until a task is done or the event is set; return the tasks that are done."""
        waiter = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({*tasks, waiter}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
        return {task for task in tasks if task.done()}


@contextmanager
def stopping_on_signals(grace_seconds: float) -> Iterator[Stopping]:
    """Make SIGINT and SIGTERM ask the process to stop, as long as the block lasts."""
    stopping = Stopping(grace_seconds)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopping.request)
    try:
        yield stopping
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
