"""What faults ask of a service's database."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from chaos.system import System

_LOOK_SECONDS = 0.2


async def ask(system: System, service: str, query: str, *parameters: object) -> Sequence[Any]:
    """Return the rows of a query in a service's database; also for statements."""
    connection = await asyncpg.connect(system.databases[service])
    try:
        rows: Sequence[Any] = await connection.fetch(query, *parameters)
    finally:
        await connection.close()
    return rows


async def came_about(condition: Callable[[], Awaitable[bool]], within: float) -> bool:
    """Tell whether `condition` came to hold within so many seconds."""
    try:
        async with asyncio.timeout(within):
            while not await condition():  # noqa: ASYNC110 -- it happens in other processes
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return False
    return True
