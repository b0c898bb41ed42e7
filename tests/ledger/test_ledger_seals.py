"""Every entry is sealed once, in a chain and a tree that anyone can make again from the entries."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from histories import History
from ledger.conftest import Enter
from ledger_service.domain.merkle import Frontier
from ledger_service.domain.sealing import FIRST_LINK, Fields, digest, leaf_hash, link
from ledger_service.service.proving import seal_and_sign
from ledger_service.service.recording import record_slice
from ledger_service.service.sealing import measure_unsealed, seal_all


def histories(count: int, *, tenant: str) -> list[History]:
    made = [History(tenant=tenant) for _ in range(count)]
    for history in made:
        history.received()
        history.assigned()
        history.accepted()
    return made


async def rows(engine: AsyncEngine, query: str, **parameters: object) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(text(query), parameters)).all()


async def assert_sealed(engine: AsyncEngine, tenant: str, entries: int) -> None:
    """Make chain and tree again from the entries, in the order of the seals."""
    found = await rows(
        engine,
        """SELECT e.tenant, e.position, event_id, coalesce(complaint_id, subject), type, source, sequence,
                  status_before, status_after, occurred_at, recorded_at, salt, actor, data, number, digest, leaf, link
           FROM entry AS e LEFT JOIN seal AS s ON s.tenant = e.tenant AND s.position = e.position
           WHERE e.tenant = :tenant ORDER BY number""",
        tenant=tenant,
    )
    assert [row.number for row in found] == list(range(entries))
    tree, last = Frontier(), FIRST_LINK
    for row in found:
        content = digest(row.salt, row.actor, row.data)
        leaf = leaf_hash(Fields.of(row[:11]), content)
        last = link(last, leaf)
        assert (row.digest, row.leaf, row.link) == (content, leaf, last)
        tree.append(leaf)
    [kept] = await rows(engine, "SELECT * FROM chain WHERE tenant = :tenant", tenant=tenant)
    assert (kept.size, kept.link, kept.frontier) == (entries, last, b"".join(tree.hashes))


async def test_entries_are_sealed_in_batches_and_once(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(7, tenant="t-batches"))
    assert await seal_all(engine, batch=4) >= 21
    assert await seal_all(engine, batch=4) == 0
    await enter(*histories(2, tenant="t-batches"))
    await seal_all(engine, batch=4)
    await assert_sealed(engine, "t-batches", 27)


async def test_of_a_backlog_other_tenants_get_their_turn(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(10, tenant="t-most"))
    await seal_all(engine, batch=4, most=12)
    [kept] = await rows(engine, "SELECT size FROM chain WHERE tenant = 't-most'")
    assert kept.size == 12
    await seal_all(engine)
    await assert_sealed(engine, "t-most", 30)


async def test_a_backlog_is_sealed_without_a_rest(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(10, tenant="t-rest"))
    assert await seal_and_sign(engine, None, batch=4, most=12) is True
    assert await seal_and_sign(engine, None, batch=4, most=12) is True
    assert await seal_and_sign(engine, None, batch=4, most=12) is True
    assert await seal_and_sign(engine, None, batch=4, most=12) is False
    await assert_sealed(engine, "t-rest", 30)


async def test_the_metrics_say_how_old_the_oldest_entry_without_a_seal_is(engine: AsyncEngine, enter: Enter) -> None:
    await seal_all(engine)
    await measure_unsealed(engine)
    assert REGISTRY.get_sample_value("jieban_unsealed_oldest_seconds") == 0
    await enter(*histories(2, tenant="t-age"))
    await seal_all(engine, batch=3, most=3)
    await measure_unsealed(engine)
    [oldest] = await rows(
        engine,
        """SELECT extract(epoch FROM now() - min(recorded_at)) AS age FROM entry WHERE tenant = 't-age'
           AND position NOT IN (SELECT position FROM seal WHERE tenant = 't-age')""",
    )
    assert 0 < (REGISTRY.get_sample_value("jieban_unsealed_oldest_seconds") or 0) <= oldest.age
    await seal_all(engine)
    await measure_unsealed(engine)
    assert REGISTRY.get_sample_value("jieban_unsealed_oldest_seconds") == 0


async def test_behind_a_backlog_what_is_sealed_is_not_gone_through_again(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(20, tenant="t-walk"))
    await seal_all(engine, batch=5, most=50)
    [kept] = await rows(
        engine,
        """SELECT (SELECT count(*) FROM entry WHERE tenant = 't-walk' AND position <= settled) AS settled
           FROM chain WHERE tenant = 't-walk'""",
    )
    assert kept.settled >= 40
    await seal_all(engine)
    await assert_sealed(engine, "t-walk", 60)


async def test_nodes_of_every_eighth_level_are_kept(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(172, tenant="t-nodes"))
    await seal_all(engine, batch=100)
    await assert_sealed(engine, "t-nodes", 516)
    leaves = [row.leaf for row in await rows(engine, "SELECT leaf FROM seal WHERE tenant = 't-nodes' ORDER BY number")]
    expected = []
    for start in (0, 256):
        tree = Frontier()
        for leaf in leaves[start : start + 256]:
            tree.append(leaf)
        expected.append((8, start // 256, tree.root()))
    kept = await rows(engine, "SELECT level, number, hash FROM seal_node WHERE tenant = 't-nodes' ORDER BY number")
    assert [tuple(row) for row in kept] == expected


async def test_replicas_that_seal_at_once_seal_everything_once(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(30, tenant="t-once"))
    await asyncio.gather(*(seal_all(engine, batch=5) for _ in range(4)))
    await seal_all(engine)
    await assert_sealed(engine, "t-once", 90)


async def test_an_entry_that_is_committed_late_is_sealed_late_and_not_forgotten(
    engine: AsyncEngine, enter: Enter
) -> None:
    [late] = histories(1, tenant="t-late")
    async with engine.connect() as connection:
        await record_slice(connection, late.events)
        for _ in range(3):
            await enter(*histories(2, tenant="t-late"))
            await seal_all(engine)
        [kept] = await rows(engine, "SELECT size FROM chain WHERE tenant = 't-late'")
        assert kept.size == 18
        await connection.commit()
    for _ in range(3):
        await enter(*histories(1, tenant="t-late"))
        await seal_all(engine)
    await assert_sealed(engine, "t-late", 30)


async def test_what_is_settled_moves_on(engine: AsyncEngine, enter: Enter) -> None:
    for _ in range(3):
        await enter(*histories(1, tenant="t-settled"))
        await seal_all(engine)
    [kept] = await rows(engine, "SELECT settled FROM chain WHERE tenant = 't-settled'")
    [newest] = await rows(engine, "SELECT max(position) AS position FROM entry WHERE tenant = 't-settled'")
    assert kept.settled == newest.position


async def test_what_is_settled_moves_on_in_another_cluster(engine: AsyncEngine, enter: Enter) -> None:
    """A dump brings the numbers of transactions of where it was made, which may be far ahead."""
    await enter(*histories(1, tenant="t-moved"))
    await seal_all(engine)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE chain SET barrier = 1000000000000 WHERE tenant = 't-moved'"))
    for _ in range(3):
        await enter(*histories(1, tenant="t-moved"))
        await seal_all(engine)
    [kept] = await rows(engine, "SELECT settled FROM chain WHERE tenant = 't-moved'")
    [newest] = await rows(engine, "SELECT max(position) AS position FROM entry WHERE tenant = 't-moved'")
    assert kept.settled == newest.position


@pytest.mark.parametrize("table", ["entry", "seal", "seal_node", "checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_nobody_changes_what_is_written(engine: AsyncEngine, table: str, statement: str) -> None:
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text(statement.format(table)))


async def test_where_all_is_settled_nothing_is_written(engine: AsyncEngine, enter: Enter) -> None:
    await enter(*histories(2, tenant="t-idle"))
    for _ in range(3):
        await seal_all(engine)
    version = "SELECT CAST(xmin AS text) FROM chain WHERE tenant = 't-idle'"
    before = await rows(engine, version)
    await seal_all(engine)
    assert await rows(engine, version) == before
