"""Where the seals of entries are kept: the chain of each tenant, and the nodes of its Merkle tree.

Entries are sealed after they were committed, in the order in which that is seen. `settled` is a position up to which
all entries are sealed and no other can appear; it follows behind, since a transaction may commit late.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, copy
from ledger_service.domain.merkle import HASH_BYTES, Frontier, Node
from ledger_service.domain.sealing import Fields, Seal, Unsealed


def _instant(column: str) -> str:
    """Return a time as `domain.sealing.instant` writes it."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


_EACH_TENANT = """
    WITH RECURSIVE found AS (
        SELECT min(tenant) AS tenant FROM entry
        UNION ALL SELECT (SELECT min(tenant) FROM entry WHERE entry.tenant > found.tenant) FROM found
            WHERE tenant IS NOT NULL)
    SELECT tenant FROM found {} WHERE tenant IS NOT NULL
"""
_TENANTS = sa.text(_EACH_TENANT.format(""))
_UNSETTLED = sa.text(
    _EACH_TENANT.format("LEFT JOIN chain USING (tenant)")
    + "AND (SELECT max(position) FROM entry WHERE entry.tenant = found.tenant) > coalesce(settled, 0)"
)
_OLDEST = sa.text(f"""
    SELECT coalesce(extract(epoch FROM now() - min(recorded_at)), 0)
    FROM ({_UNSETTLED}) AS behind LEFT JOIN chain USING (tenant) CROSS JOIN LATERAL (
        SELECT recorded_at FROM entry WHERE entry.tenant = behind.tenant AND position > coalesce(settled, 0)
          AND NOT EXISTS (SELECT FROM seal WHERE seal.tenant = entry.tenant AND seal.position = entry.position)
        ORDER BY position LIMIT 1) AS first
""")
_BEGIN = sa.text("INSERT INTO chain (tenant) VALUES (:tenant) ON CONFLICT DO NOTHING RETURNING tenant")
_LOCK = sa.text("""
    SELECT size, link, frontier, settled, watched, barrier,
           CAST(CAST(pg_snapshot_xmin(snapshot) AS text) AS bigint) AS oldest,
           CAST(CAST(pg_snapshot_xmax(snapshot) AS text) AS bigint) AS following
    FROM chain, pg_current_snapshot() AS snapshot WHERE tenant = :tenant FOR UPDATE OF chain SKIP LOCKED
""")
# Times and ids come as `domain.sealing.Fields` wants them: of what a seal costs, making texts of them was a third.
_UNSEALED = Statement(f"""
    SELECT tenant, position, CAST(event_id AS text), CAST(coalesce(complaint_id, subject) AS text), type, source,
           sequence, status_before, status_after, {_instant("occurred_at")}, {_instant("recorded_at")},
           salt, actor, coalesce(data, ''), erased_digest
    FROM entry WHERE tenant = CAST(:tenant AS text) AND position > CAST(:settled AS bigint)
      AND NOT EXISTS (SELECT FROM seal WHERE seal.tenant = entry.tenant AND seal.position = entry.position)
    ORDER BY position LIMIT CAST(:size AS bigint)
""")
_SAVE = Statement("""
    UPDATE chain SET size = CAST(:size AS bigint), link = CAST(:link AS bytea), frontier = CAST(:frontier AS bytea),
                     settled = CAST(:settled AS bigint),
                     watched = CASE WHEN CAST(:is_over AS boolean) THEN newest ELSE watched END,
                     barrier = CASE WHEN CAST(:is_over AS boolean) THEN next ELSE barrier END
    FROM (SELECT (SELECT max(position) FROM seal WHERE tenant = CAST(:tenant AS text)) AS newest,
                 CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS next) AS seen
    WHERE tenant = CAST(:tenant AS text)
""")
_LEAVES = sa.text("SELECT number, leaf AS hash FROM seal WHERE tenant = :tenant AND number = ANY(:numbers)")
_NODES = sa.text("""
    SELECT number, hash FROM seal_node WHERE tenant = :tenant AND level = :level AND number = ANY(:numbers)
""")
_SEAL = ("tenant", "number", "position", "digest", "leaf", "link")
_NODE = ("tenant", "level", "number", "hash")


@dataclass
class Chain:
    """How far a tenant's entries are sealed; locked until the transaction ends."""

    tenant: str
    tree: Frontier
    link: bytes
    settled: int
    watched: int | None
    """Once no transaction below `barrier` is left, everything up to here is settled."""
    barrier: int | None
    oldest: int
    """The oldest transaction that was not over when this was read."""
    following: int
    """The first that had not begun."""

    @property
    def is_over(self) -> bool:
        """Whether no transaction below the barrier is left.

        One that this cluster has not come to is of another, where a dump of the database was made: none is left here.
        """
        return self.barrier is None or self.oldest >= self.barrier or self.following < self.barrier


async def tenants(connection: AsyncConnection) -> Sequence[str]:
    """Return all tenants that have entries."""
    return (await connection.execute(_TENANTS)).scalars().all()


async def unsettled(connection: AsyncConnection) -> Sequence[str]:
    """Return the tenants that have entries to seal, or sealed ones that are not known to be settled."""
    return (await connection.execute(_UNSETTLED)).scalars().all()


async def oldest_seconds(connection: AsyncConnection) -> float:
    """Return how old the oldest entry without a seal is; 0 where all have theirs."""
    return max(0.0, float((await connection.execute(_OLDEST)).scalar_one()))


async def lock(connection: AsyncConnection, tenant: str) -> Chain | None:
    """Return the chain of a tenant; None where somebody else seals it now."""
    row = (await connection.execute(_LOCK, {"tenant": tenant})).one_or_none()
    if row is None and (await connection.execute(_BEGIN, {"tenant": tenant})).one_or_none():
        row = (await connection.execute(_LOCK, {"tenant": tenant})).one()
    if row is None:
        return None
    tree = frontier(row.size, row.frontier)
    return Chain(tenant, tree, row.link, row.settled, row.watched, row.barrier, row.oldest, row.following)


def frontier(size: int, hashes: bytes) -> Frontier:
    """Return the right edge of a tree as it is kept in a row."""
    return Frontier(size, [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])


async def unsealed(connection: AsyncConnection, chain: Chain, size: int) -> list[Unsealed]:
    """Return up to `size` entries that have no seal, by position."""
    parameters = {"tenant": chain.tenant, "settled": chain.settled, "size": size}
    rows = await _UNSEALED.fetch(connection, parameters)
    return [Unsealed(Fields(*row[:11]), *row[11:]) for row in rows]


async def append(connection: AsyncConnection, tenant: str, seals: Sequence[Seal], nodes: Sequence[Node]) -> None:
    """Write seals and the nodes that they complete."""
    await copy(connection, "seal", _SEAL, [(tenant, *seal) for seal in seals])
    if nodes:
        await copy(connection, "seal_node", _NODE, [(tenant, *node) for node in nodes])


async def save(connection: AsyncConnection, chain: Chain, *, reached: int | None) -> None:
    """Keep how far the chain is now.

    All entries that could be seen are sealed up to the position `reached`; all there are where that is None. So what
    was watched is settled, as far, if all transactions of that time are over, and what there is now is watched.

    A transaction that writes entries has its number before it takes positions, for it has locked complaints or claimed
    events before, or has asked for it.
    """
    if chain.is_over and chain.watched is not None:
        chain.settled = chain.watched if reached is None else min(chain.watched, reached)
    values = {
        "tenant": chain.tenant,
        "size": chain.tree.size,
        "link": chain.link,
        "frontier": b"".join(chain.tree.hashes),
        "settled": chain.settled,
        "is_over": chain.is_over,
    }
    await _SAVE.fetch(connection, values)


async def nodes(connection: AsyncConnection, tenant: str, level: int, numbers: Collection[int]) -> dict[int, bytes]:
    """Return the hashes of nodes of a level that is kept (0, 8, 16, …), by number."""
    statement, parameters = (_LEAVES, {}) if level == 0 else (_NODES, {"level": level})
    rows = await connection.execute(statement, {"tenant": tenant, "numbers": list(numbers), **parameters})
    return {row.number: row.hash for row in rows}
