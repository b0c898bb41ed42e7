"""Seals the entries of all tenants: each in the chain, each a leaf of the tree."""

import asyncio
from collections.abc import Sequence

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.domain.merkle import Node
from ledger_service.domain.sealing import Seal, Unsealed, seals_of
from ledger_service.persistence import seals
from ledger_service.persistence.seals import Chain

BATCH = 2_000
MOST = 20_000
"""Of a tenant at once: then others get their turn, and what has grown is signed."""
_AT_A_TIME = 200
"""So many are hashed before others on the same loop go on: three milliseconds or four."""
_SEALED = Counter("jieban_ledger_sealed_total", "Entries that were sealed")
_OLDEST = Gauge("jieban_unsealed_oldest_seconds", "Age of the oldest entry that is not sealed")


async def seal_all(engine: AsyncEngine, *, batch: int = BATCH, most: int = MOST) -> int:
    """Seal up to `most` entries of every tenant, a batch a transaction; return how many entries that was.

    A tenant that another replica is at is left to it.
    """
    async with engine.connect() as connection:
        tenants = await seals.unsettled(connection)
    total = 0
    for tenant in tenants:
        total += await seal_some(engine, tenant, batch=batch, most=most)
    return total


async def seal_some(engine: AsyncEngine, tenant: str, *, batch: int = BATCH, most: int = MOST) -> int:
    """Seal up to `most` entries of a tenant; return how many that was, 0 where another replica is at it."""
    sealed = 0
    while sealed < most and (more := await _seal_batch(engine, tenant, batch)):
        sealed += more
    return sealed


async def measure_unsealed(engine: AsyncEngine) -> None:
    """Say how old the oldest entry without a seal is; not as a part of sealing, since it counts when that stops."""
    async with engine.connect() as connection:
        _OLDEST.set(await seals.oldest_seconds(connection))


async def _seal_batch(engine: AsyncEngine, tenant: str, batch: int) -> int:
    async with engine.begin() as connection:
        chain = await seals.lock(connection, tenant)
        if chain is None:
            return 0
        entries = await seals.unsealed(connection, chain, batch)
        if entries:
            await seals.append(connection, tenant, *await _grow(chain, entries))
        is_full = len(entries) == batch
        await seals.save(connection, chain, reached=entries[-1].fields.position if is_full else None)
    _SEALED.inc(len(entries))
    return len(entries)


async def _grow(chain: Chain, entries: Sequence[Unsealed]) -> tuple[list[Seal], list[Node]]:
    """Let the chain and its tree grow by `entries`; return their seals, and the nodes that are complete now."""
    made: list[Seal] = []
    nodes: list[Node] = []
    for start in range(0, len(entries), _AT_A_TIME):
        part = seals_of(entries[start : start + _AT_A_TIME], first=chain.tree.size, previous=chain.link)
        for seal in part:
            nodes += chain.tree.append(seal.leaf)
        chain.link = part[-1].link
        made += part
        await asyncio.sleep(0)
    return made, nodes
