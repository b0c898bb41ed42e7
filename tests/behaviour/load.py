"""Events that keep coming."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from behaviour.stories import event
from behaviour.tiny_service import TinyService
from contracts.envelope import Event
from runtime.ids import uuid7


@asynccontextmanager
async def steady_load(service: TinyService, *, complaints: int = 20, pause: float = 0.05) -> AsyncIterator[list[Event]]:
    """Append events for the length of the block, one a complaint and round; the list grows with those committed."""
    committed: list[Event] = []
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_append(service, complaints, pause, stop, committed))
        try:
            yield committed
        finally:
            stop.set()


async def _append(
    service: TinyService, complaints: int, pause: float, stop: asyncio.Event, committed: list[Event]
) -> None:
    subjects = [uuid7() for _ in range(complaints)]
    for sequence in count(1):
        if stop.is_set():
            return
        events = [event(subject, sequence) for subject in subjects]
        await service.append(events)
        committed += events
        await asyncio.sleep(pause)
