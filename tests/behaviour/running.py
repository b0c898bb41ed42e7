"""Run workers in this process for a while, and wait for what must come about."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol


class Runs(Protocol):
    """A relay, a consumer, a janitor."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`."""


@asynccontextmanager
async def running(*workers: Runs) -> AsyncIterator[None]:
    """Run `workers` beside the block and stop them at its end; what escapes from one of them ends the block."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 60.0) -> None:
    """Wait until `condition` holds; TimeoutError where it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in a server
            await asyncio.sleep(0.02)
