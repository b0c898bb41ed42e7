"""Patrols whose time is over, what devices bring late, and what patrols come to."""

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from dispatch.asking import HOUR, problem
from dispatch.duties import get
from dispatch.patrolling import AT_GATE, BEYOND, GATE, a_patrol, flaw, iso, show, step, today, visit, window
from dispatch.world import World
from dispatch_service.service.patrol_timers import OLDEST, miss_overdue
from runtime.clock import now


async def let_pass(world: World, patrol: Any) -> None:
    await world.run("UPDATE patrol SET due_at = now() - interval '5 min' WHERE id = CAST(:id AS uuid)", id=patrol["id"])


async def test_a_patrol_whose_time_is_over_is_missed_once(world: World) -> None:
    never, begun, done = await a_patrol(world), await a_patrol(world, started=True), await a_patrol(world, started=True)
    await visit(world, done)
    await step(world, done, "completion")
    await miss_overdue(world.engine)
    for patrol in (never, begun):
        await let_pass(world, patrol)

    async with world.engine.begin() as connection:
        await connection.execute(
            sa.text("SELECT FROM patrol WHERE id = CAST(:id AS uuid) FOR UPDATE"), {"id": never["id"]}
        )
        assert await miss_overdue(world.engine) == 1
        assert OLDEST._value.get() > 250
    counts = await asyncio.gather(*(miss_overdue(world.engine, size=1) for _ in range(3)))

    assert sum(counts) == 1
    assert OLDEST._value.get() == 0
    states = [(each["state"], each["version"]) for each in [await show(world, each) for each in (never, begun, done)]]
    assert states == [("missed", 2), ("missed", 3), ("done", 4)]


async def test_what_was_done_in_time_counts_although_it_is_sent_late(world: World) -> None:
    over = window(begin=-6 * HOUR, length=2 * HOUR)
    patrol, never = await a_patrol(world, **over), await a_patrol(world, **over)
    assert await miss_overdue(world.engine) >= 2

    begun = now() - 5 * HOUR
    too_late = await step(world, never, "start")
    started = await step(world, patrol, "start", {"at": iso(begun), "position": AT_GATE})
    visited = await visit(world, patrol, at=iso(begun + timedelta(minutes=20)))
    await let_pass(world, patrol)
    await miss_overdue(world.engine)
    done = await step(world, patrol, "completion", {"at": iso(begun + timedelta(minutes=40))})

    assert flaw(too_late) == (422, "/at", "outside-window")
    assert (started.status_code, visited.status_code) == (200, 201)
    assert (done.json()["state"], done.json()["points_visited"]) == ("done", 1)
    assert problem(await step(world, never, "completion")) == (409, "patrol-state")


async def test_what_was_done_after_the_window_does_not_make_a_missed_patrol_done(world: World) -> None:
    patrol = await a_patrol(world, **window(begin=-8 * HOUR, length=2 * HOUR))
    begun = now() - 7 * HOUR
    assert (await step(world, patrol, "start", {"at": iso(begun), "position": AT_GATE})).status_code == 200
    await let_pass(world, patrol)
    await miss_overdue(world.engine)

    for answer in (
        await visit(world, patrol),
        await visit(world, patrol, at=iso(now() - HOUR)),
        await step(world, patrol, "completion", {"reason": "补录"}),
        await step(world, patrol, "completion", {"reason": "补录", "at": iso(now() - HOUR)}),
    ):
        assert flaw(answer) == (422, "/at", "outside-window")
    assert (await show(world, patrol))["state"] == "missed"

    back = begun + 4 * HOUR
    visited = await visit(world, patrol, at=iso(back))
    done = await step(world, patrol, "completion", {"at": iso(back + timedelta(minutes=10))})
    assert (visited.status_code, done.json()["state"]) == (201, "done")


async def test_the_summary_says_by_team_and_plan_what_was_done(world: World) -> None:
    team: dict[str, Any] = {"team": "team-05", "points": [GATE, {**GATE, "key": "lane"}]}
    officer = {"subject": "officer-0501"}
    patrols = [await a_patrol(world, **team) for _ in range(4)]
    for patrol in patrols[:2]:
        await step(world, patrol, "start", **officer)
    await step(world, patrols[0], "visits", {"point": "gate", "position": AT_GATE, "findings": ["A", "B"]}, **officer)
    await step(world, patrols[0], "visits", {"point": "lane", "position": BEYOND}, **officer)
    await step(world, patrols[0], "completion", {"reason": "修路"}, **officer)
    await step(world, patrols[2], "cancellation", {"reason": "暴雨"}, role="dispatcher")
    await let_pass(world, patrols[3])
    await miss_overdue(world.engine)

    begin, end = today() - timedelta(days=1), today() + timedelta(days=1)
    [found] = await get(world, f"patrols/summary?from={begin}&to={end}&team=team-05")

    assert found == {
        "team": "team-05",
        "plan": None,
        "plan_name": None,
        "planned": 3,
        "done": 1,
        "missed": 1,
        "open": 1,
        "cancelled": 1,
        "points": 6,
        "points_visited": 1,
        "visits": 2,
        "far_visits": 1,
        "findings": 2,
    }
    reversed_ = await world.send("GET", f"/dispatch/v1/patrols/summary?from={end}&to={begin}", role="officer")
    long = await world.send("GET", "/dispatch/v1/patrols/summary?from=2020-01-01&to=2026-01-01", role="officer")
    assert problem(reversed_) == (422, "period-reversed")
    assert problem(long) == (422, "period-too-long")
    page = await world.send("GET", f"/dispatch/v1/patrols/summary?from={begin}&to={end}&limit=1", role="officer")
    following = page.headers["Link"].partition(">")[0].removeprefix("<")
    assert (await world.send("GET", following, role="officer")).json()["items"][0]["team"] > "team-05"
