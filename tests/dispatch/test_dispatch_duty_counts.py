"""How many of a team are on duty is published when somebody clocks, and when a duty begins or ends."""

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from dispatch.directory import told
from dispatch.duties import HERE, SHANGHAI, plan
from dispatch.world import World
from dispatch_service.service.duty_counting import tell_changes
from runtime.clock import now


async def _planned(world: World, team: str, *subjects: str, ago: timedelta = timedelta(hours=1)) -> None:
    """Plan a duty of eight hours, which has begun `ago`, for each of the subjects."""
    begins = (now().astimezone(SHANGHAI) - ago).replace(second=0, microsecond=0)
    code = f"now-{team}"
    hours = {"name": "临时", "begins": f"{begins:%H:%M}", "ends": f"{begins + timedelta(hours=8):%H:%M}"}
    shift = await world.send("PUT", f"/dispatch/v1/shifts/{code}", role="admin", json=hours)
    assert shift.status_code in {200, 201}, shift.text
    day = begins.date()
    duties = [{"day": str(day), "shift": code, "subject": subject} for subject in subjects]
    planned = await plan(world, team, day - timedelta(days=1), day + timedelta(days=1), {"duties": duties})
    assert planned.status_code == 200, planned.text


async def _clock(world: World, subject: str, way: str) -> None:
    body = {"way": way, "position": HERE}
    response = await world.send("POST", "/dispatch/v1/attendance", role="officer", subject=subject, json=body)
    assert response.status_code == 200, response.text


async def _pass(world: World, team: str, time: timedelta) -> None:
    """Let time pass for the roster of a team."""
    statement = sa.text("""
        UPDATE duty SET begins_at = begins_at - CAST(:time AS interval), ends_at = ends_at - CAST(:time AS interval)
        WHERE team = :team
    """)
    async with world.engine.begin() as connection:
        await connection.execute(statement, {"time": time, "team": team})


def _counts(events: list[dict[str, Any]]) -> list[tuple[int, int]]:
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    return [(event["planned"], event["on_duty"]) for event in events]


async def test_it_is_told_when_a_duty_begins_when_somebody_clocks_and_when_it_ends(world: World) -> None:
    await _planned(world, "team-04", "officer-0401", "officer-0402", ago=timedelta(minutes=-30))
    await tell_changes(world.engine)
    await _clock(world, "officer-0401", "in")  # half an hour early: nobody has to be there yet
    await _pass(world, "team-04", timedelta(hours=1))
    await tell_changes(world.engine)
    await _clock(world, "officer-0402", "in")
    await _clock(world, "officer-0401", "out")
    await _pass(world, "team-04", timedelta(hours=8))
    await tell_changes(world.engine)

    events = await told(world, "duty", "team-04")

    assert _counts(events) == [(0, 0), (2, 1), (2, 2), (2, 1), (0, 0)]
    assert "officer-04" not in str([event["payload"] for event in events])
    assert events[0]["until"] > events[0]["at"]
    assert events[-1].get("until") is None


async def test_many_at_once_tell_each_change_once(world: World) -> None:
    subjects = [f"officer-050{number}" for number in (1, 2, 3, 4)]
    await _planned(world, "team-05", *subjects)

    await asyncio.gather(
        *(_clock(world, subject, "in") for subject in subjects), *(tell_changes(world.engine) for _ in range(3))
    )
    await tell_changes(world.engine)
    assert await tell_changes(world.engine) == 0

    counts = _counts(await told(world, "duty", "team-05"))
    assert counts[-1] == (4, 4)
    assert len(counts) == len(set(counts))
    assert [on_duty for _, on_duty in counts] == sorted(on_duty for _, on_duty in counts)


async def test_leave_and_another_plan_are_told_within_the_next_look(world: World) -> None:
    await _planned(world, "team-06", "officer-0601", "officer-0602")
    await tell_changes(world.engine)
    await _planned(world, "team-06", "officer-0601")
    await tell_changes(world.engine)

    assert _counts(await told(world, "duty", "team-06")) == [(2, 0), (1, 0)]


async def test_it_is_published_again_with_the_directory(world: World) -> None:
    await _planned(world, "team-07", "officer-0701")
    await tell_changes(world.engine)

    response = await world.send("POST", "/dispatch/v1/directory/republication", role="admin")

    assert response.status_code == 200
    first, again = await told(world, "duty", "team-07")
    assert (again["sequence"], again["payload"]) == (2, first["payload"])
