"""Merges that are asked for at the same time: of two that depend on each other one is done, the other refused."""

import asyncio

import pytest
import sqlalchemy as sa

from contracts.lifecycle import Status
from intake.test_intake_merging import Desk, desk
from intake_service.events.lifecycle import follow
from intake_service.persistence import merging
from refusals import code_of

__all__ = ["desk"]
PAIRS = [((0, 1), (1, 0)), ((0, 1), (1, 2)), ((1, 2), (0, 1))]
"""A circle, and a chain from either end: which is merged into which, first and second."""
_MANY = sa.text("""
    INSERT INTO complaint
    SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'number', 'many-' || n))).*
    FROM complaint AS c, generate_series(1, 2000) AS n WHERE c.id = :id
""")


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_of_two_merges_at_once_one_is_done(desk: Desk, first: tuple[int, int], second: tuple[int, int]) -> None:
    some = [await desk.reported() for _ in range(3)]
    asking = {asyncio.create_task(desk.merge(some[one], some[into])): (one, into) for one, into in (first, second)}
    [refused], [waiting] = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    member, master = [some[each] for each in asking[waiting]]
    assert code_of(refused.result()) == (409, "merge-underway")
    assert (refused.result().json()["member"], refused.result().json()["master"]) == (str(member.id), str(master.id))
    await desk.apply(member.released(await desk.asked_of(member), Status.RECEIVED, ending="merged"))
    assert (await waiting).json()["merge"] == "merged"
    assert sorted([(await desk.row(each)).status for each in some]) == ["merged", "received", "received"]
    assert (await desk.row(member)).merged_into == master.id


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_what_waits_for_dispatch_is_seen_by_the_next(
    desk: Desk, first: tuple[int, int], second: tuple[int, int]
) -> None:
    some = [await desk.reported() for _ in range(3)]
    member, master = [some[each] for each in first]
    asking = asyncio.create_task(desk.merge(member, master))
    request = await desk.asked_of(member)
    one, into = [some[each] for each in second]
    for language, word in (("en", "waits for dispatch"), ("zh-CN", "派遣")):
        refused = await desk.merge(one, into, **{"Accept-Language": language})
        assert code_of(refused) == (409, "merge-underway")
        assert word in refused.json()["detail"]
    assert (await desk.row(one)).release_state is None
    await desk.apply(member.release_refused(request, Status.ACCEPTED))
    assert (await asking).status_code == 409
    await desk.merged(one, into)


async def test_what_waits_for_a_master_is_found_among_many(desk: Desk) -> None:
    """While dispatch is away, and the tenant has many complaints that are not over."""
    one, master = await desk.reported(), await desk.reported()
    asking = asyncio.create_task(desk.merge(one, master))
    request = await desk.asked_of(one)
    async with desk.engine.connect() as connection:
        await connection.execute(_MANY, {"id": master.id})
        await connection.execute(sa.text("ANALYZE complaint"))
        await connection.execute(sa.text("SET LOCAL plan_cache_mode = force_generic_plan"))
        found = await merging.underway(connection, await desk.row(master), await desk.row(await desk.reported()))
        facts = {"tenant": "", "into": ""}
        plan = (await connection.execute(sa.text(f"EXPLAIN {merging._TO_MERGE.text}"), facts)).scalars().all()
        await connection.rollback()
    assert (found.id, found.release_data) == (one.id, {"into": str(master.id)})
    assert "complaint_to_merge" in "".join(plan)
    await desk.apply(one.release_refused(request, Status.ACCEPTED))
    assert (await asking).status_code == 409


async def test_many_are_merged_into_one_master_at_once(desk: Desk) -> None:
    master, *others = [await desk.reported() for _ in range(3)]
    asking = [asyncio.create_task(desk.merge(each, master)) for each in others]
    for each in others:
        await desk.apply(each.released(await desk.asked_of(each), Status.RECEIVED, ending="merged"))
    assert [(await each).json()["merge"] for each in asking] == ["merged", "merged"]


async def test_what_was_parted_again_at_once_is_not_answered_as_merged(desk: Desk) -> None:
    member, master = await desk.reported(), await desk.reported()
    asking = asyncio.create_task(desk.merge(member, master))
    request = await desk.asked_of(member)
    async with desk.engine.begin() as connection:
        await follow(connection, [member.released(request, Status.RECEIVED, ending="merged")])
        await merging.part(connection, [], [member.id], actor="operator-2", reason=None)
    answer = await asking
    assert code_of(answer) == (409, "illegal-transition")
    assert answer.json()["present"]["status"] == "received"
