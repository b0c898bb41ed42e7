"""Seals the entries of all tenants: each in the chain, each a leaf of the tree."""

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.domain.merkle import Node
from ledger_service.domain.sealing import Seal, leaf_hash, link
from ledger_service.persistence import seals

BATCH = 1_000
MOST = 5_000
"""Of a tenant at once: behind a backlog, sealing takes its time and leaves the processor to the consumers."""


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


async def _seal_batch(engine: AsyncEngine, tenant: str, batch: int) -> int:
    async with engine.begin() as connection:
        chain = await seals.lock(connection, tenant)
        if chain is None:
            return 0
        entries = await seals.unsealed(connection, chain, batch)
        made: list[Seal] = []
        nodes: list[Node] = []
        for number, (fields, content) in enumerate(entries, start=chain.tree.size):
            leaf = leaf_hash(fields, content)
            chain.link = link(chain.link, leaf)
            made.append(Seal(number, fields.position, content, leaf, chain.link))
            nodes += chain.tree.append(leaf)
        if made:
            await seals.append(connection, tenant, made, nodes)
        await seals.save(connection, chain, is_all=len(entries) < batch)
    return len(entries)
