"""Works off what has fallen due, a batch in a transaction, so that no backlog holds rows for long."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Done = TypeVar("Done")


async def batches(
    engine: AsyncEngine, work: Callable[[AsyncConnection, int], Awaitable[Sequence[Done]]], size: int
) -> AsyncIterator[Sequence[Done]]:
    """Do `work` on up to `size` at a time until fewer are left, and yield each batch once it is committed."""
    while True:
        async with engine.begin() as connection:
            batch = await work(connection, size)
        yield batch
        if len(batch) < size:
            return
