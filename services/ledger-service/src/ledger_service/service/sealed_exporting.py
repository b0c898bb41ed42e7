"""Gives out a sealed ledger whole, for whoever checks it offline."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.domain.verifying import Line, erased_of, erasure_of
from ledger_service.persistence import checkpoints
from ledger_service.service.sealing import seal_some

_PATIENCE_SECONDS = 0.1
"""Another replica may be sealing what is waited for."""


async def sealed_lines(
    engine: AsyncEngine, tenant: str, size: int, *, page: int = checkpoints.PAGE
) -> AsyncGenerator[Sequence[Line], None]:
    """Go through the first `size` sealed entries, page by page, on to the erasures of what they show as erased.

    An erasure takes texts away at once, and has its number only when it is sealed: it may come after `size`. At the end
    come the entries that somebody put in.
    """
    first, end, owed = 0, size, set[str]()
    while True:
        async for lines in checkpoints.pages(engine.connect, tenant, first, end, size=page):
            for line in lines:
                _note(line, owed)
            yield lines
        first = end
        if not (owed and (owed := await _to_come(engine, tenant, first, owed))):
            break
        if not await seal_some(engine, tenant):
            await asyncio.sleep(_PATIENCE_SECONDS)
        async with engine.connect() as connection:
            end = await checkpoints.sealed(connection, tenant)
    async for lines in checkpoints.strays(engine.connect, tenant):
        yield lines


async def _to_come(engine: AsyncEngine, tenant: str, first: int, owed: set[str]) -> set[str]:
    """Return those of `owed` whose erasure is at `first` or later; what lacks one was wiped by hand."""
    async with engine.connect() as connection:
        return await checkpoints.erasures_from(connection, tenant, first, owed)


def _note(line: Line, owed: set[str]) -> None:
    if (wiped := erased_of(line)) is not None:
        owed.add(wiped)
    if (erasure := erasure_of(line)) is not None:
        owed.discard(erasure)
