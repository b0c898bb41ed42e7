"""How work waits for a stop, and how long it may go on after one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()
FINISH_SECONDS = 3.0
"""What is in hand has this long to finish after a stop; what takes longer waits for a server that is away."""


@asynccontextmanager
async def finishing_soon_after(stop: asyncio.Event, worker: str) -> AsyncIterator[None]:
    """Give the block all the time it wants until `stop`, then FINISH_SECONDS, and then cancel it without an error.

    Nothing is lost by that: what was not committed or marked is done again by the next run.
    """
    try:
        async with asyncio.timeout(None) as limit:
            watch = asyncio.create_task(_set(limit, stop))
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError:
        if not limit.expired():
            raise
        log.warning("stopped_before_it_was_done", worker=worker)


async def pause_or(stop: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _set(limit: asyncio.Timeout, stop: asyncio.Event) -> None:
    await stop.wait()
    limit.reschedule(asyncio.get_running_loop().time() + FINISH_SECONDS)
