"""Signs how far the ledger is sealed, and shows what belongs to what was signed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.checkpoints import Checkpoint, Signer, origin_of
from ledger_service.domain.merkle import EMPTY_ROOT, KEPT_EVERY, Range, complete_ranges, fold, join
from ledger_service.persistence import checkpoints, seals
from ledger_service.service.sealing import BATCH, MOST, seal_all
from runtime.clock import now

SIGN_EVERY = timedelta(seconds=30)
SignerOf = Callable[[str], Signer]
"""Returns the signer of a tenant's ledger."""


async def seal_and_sign(
    engine: AsyncEngine, signer_of: SignerOf | None, *, batch: int = BATCH, most: int = MOST
) -> bool:
    """Seal up to `most` entries of every tenant, and sign where that is due; without a signer, only seal.

    Returns whether there is a backlog: as much as a batch was sealed.
    """
    sealed = await seal_all(engine, batch=batch, most=most)
    if signer_of is not None:
        await sign_all(engine, signer_of, every=SIGN_EVERY)
    return sealed >= batch


async def sign_all(engine: AsyncEngine, signer_of: SignerOf, *, every: timedelta) -> int:
    """Sign the tree of each tenant that has grown, at most once `every` while; return how many were signed."""
    async with engine.connect() as connection:
        grown = await checkpoints.grown(connection, before=now() - every)
        for tenant, tree in grown:
            checkpoint = Checkpoint(origin_of(tenant), tree.size, tree.root(), now())
            await checkpoints.add(connection, tenant, checkpoint, signer_of(tenant).sign(checkpoint))
        if grown:
            await connection.commit()
    return len(grown)


class SealMissing(Exception):
    """A seal that was there is gone: somebody has written to the database by hand."""


async def hashes(connection: AsyncConnection, tenant: str, ranges: Sequence[Range]) -> list[bytes]:
    """Return the hash of each range of a tenant's tree, all of which was sealed; raises SealMissing."""
    parts = [[_kept(part) for part in complete_ranges(each)] for each in ranges]
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for level, numbers in [part for each in parts for part in each]:
        wanted[level].update(numbers)
    found = {level: await seals.nodes(connection, tenant, level, numbers) for level, numbers in wanted.items()}
    try:
        return [fold([join([found[level][number] for number in numbers]) for level, numbers in each]) for each in parts]
    except KeyError as error:
        raise SealMissing(f"no hash of node {error} is left") from error


async def root(connection: AsyncConnection, tenant: str, size: int) -> bytes:
    """Return the root of the tree of a tenant's first `size` entries, all of which were sealed; raises SealMissing."""
    return (await hashes(connection, tenant, [(0, size)]))[0] if size else EMPTY_ROOT


def _kept(part: Range) -> tuple[int, range]:
    """Return the level whose nodes are kept and, of a complete range, their numbers: 128 at most."""
    start, end = part
    level = ((end - start).bit_length() - 1) // KEPT_EVERY * KEPT_EVERY
    return level, range(start >> level, end >> level)
