"""Timers fire once for each level, whoever fires them and whatever dies."""

import asyncio
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.world import World, later, received
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.timers import OLDEST, fire_batch, fire_due
from runtime.database import create_engine

PASSED = {80: "warn_at", 100: "promised_at", 200: "twice_at"}


async def pass_levels(world: World, *events: Event, until: int) -> None:
    """Let the cases' times up to a level be over."""
    sets = [f"{name} = now() - interval '{300 - level} s'" for level, name in PASSED.items() if level <= until]
    await world.run(
        f"UPDATE dispatch_case SET {', '.join(sets)},"
        " timer_at = now() - CASE escalated WHEN 0 THEN interval '220 s' ELSE interval '100 s' END"
        " WHERE complaint_id = ANY(CAST(:ids AS uuid[]))",
        ids=[event.subject for event in events],
    )


async def escalations(world: World, event: Event) -> list[tuple[int, int, str]]:
    """Return level, sequence and stage of what was published."""
    return [
        (row["payload"]["level"], row["sequence"], row["payload"]["stage"])
        for row in await world.published(event)
        if row["type"] == EventType.ESCALATED
    ]


async def test_nothing_is_due_before_its_time(world: World) -> None:
    await world.a_case()
    assert await fire_due(world.engine, world.clockworks) == 0


@pytest.mark.parametrize(
    ("steps", "stage"), [((), "accept"), (("accept",), "on_site"), (("accept", "start"), "resolve")]
)
async def test_a_level_is_told_with_the_stage_and_the_case_stays_as_it_is(
    world: World, steps: tuple[str, ...], stage: str
) -> None:
    event = await world.a_case(*steps)
    before = await world.row(event)
    await pass_levels(world, event, until=80)

    assert await fire_due(world.engine, world.clockworks) == 1
    assert await fire_due(world.engine, world.clockworks) == 0

    after = await world.row(event)
    assert await escalations(world, event) == [(80, before["sequence"] + 1, stage)]
    assert (after["status"], after["version"]) == (before["status"], before["version"])
    assert (after["escalated"], after["timer_at"]) == (80, after["promised_at"])
    told = (await world.published(event))[-1]
    assert told["payload"]["team"] == "team-08"
    assert "actor" not in told["payload"]
    assert "order" not in told["payload"]


async def test_levels_that_passed_during_an_outage_are_told_one_after_the_other(world: World) -> None:
    event = await world.a_case()
    await pass_levels(world, event, until=200)

    while await fire_due(world.engine, world.clockworks, size=1):
        pass

    assert [level for level, _, _ in await escalations(world, event)] == [80, 100, 200]
    assert (await world.row(event))["timer_at"] is None


@pytest.mark.parametrize("ending", ["resolve", "withdraw"])
async def test_a_case_that_has_ended_is_never_told_of(world: World, ending: str) -> None:
    event = await world.a_case("accept", "start")
    if ending == "resolve":
        await world.act(event, "resolve", role="officer")
    else:
        await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    await pass_levels(world, event, until=200)

    assert await fire_due(world.engine, world.clockworks) == 0
    assert await escalations(world, event) == []


async def test_a_timer_and_its_event_are_undone_together(world: World) -> None:
    event = await world.a_case()
    await pass_levels(world, event, until=80)

    async with world.engine.connect() as connection:
        assert len(await fire_batch(connection, 10, world.clockworks)) == 1
        await connection.rollback()

    assert await escalations(world, event) == []
    assert await fire_due(world.engine, world.clockworks) == 1
    assert [level for level, _, _ in await escalations(world, event)] == [80]


async def test_a_case_that_somebody_holds_is_left_until_they_are_done(world: World) -> None:
    event = await world.a_case()
    await pass_levels(world, event, until=80)

    async with world.engine.begin() as connection:
        hold = sa.text("SELECT FROM dispatch_case WHERE complaint_id = :id FOR UPDATE")
        await connection.execute(hold, {"id": event.subject})
        assert await fire_due(world.engine, world.clockworks) == 0
        assert OLDEST._value.get() > 200
    assert await fire_due(world.engine, world.clockworks) == 1
    assert OLDEST._value.get() == 0


async def work(engine: AsyncEngine, clockworks: Clockworks, ended: Counter[str]) -> None:
    """Fire timers until none is due, over the loss of connections."""
    while True:
        try:
            if await fire_due(engine, clockworks, size=20) == 0:
                return
        except (DBAPIError, OSError) as error:
            ended[type(error).__name__] += 1


async def kill(world: World) -> None:
    """Take the workers' connections away, a few at a time."""
    for _ in range(12):
        await asyncio.sleep(0.02)
        await world.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'doomed timers' AND datname = current_database() ORDER BY random() LIMIT 2"
        )


async def test_many_workers_some_of_which_are_killed_fire_every_timer_once(world: World) -> None:
    events = [received(category=f"busy.{number % 7}") for number in range(400)]
    await world.deliver(*events)
    await pass_levels(world, *events, until=200)
    url = world.engine.url.render_as_string(hide_password=False)
    engines = [create_engine(url, pool_size=1, application_name="doomed timers") for _ in range(4)]
    ended = Counter[str]()

    await asyncio.gather(kill(world), *(work(engine, world.clockworks, ended) for engine in engines))
    for engine in engines:
        await engine.dispose()
    while await fire_due(world.engine, world.clockworks):
        pass

    assert ended, "nobody was killed"
    for event in events:
        assert await escalations(world, event) == [(80, 2, "accept"), (100, 3, "accept"), (200, 4, "accept")]
