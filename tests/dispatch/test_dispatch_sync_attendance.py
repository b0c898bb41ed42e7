"""Clocking in and out that devices send late."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest

from dispatch.duties import HERE, get, on_now, utc
from dispatch.offline import codes, item, outcomes, send, sync
from dispatch.world import World
from runtime.clock import now


def clocking(way: str, *, minutes_ago: float = 30, position: object = HERE, **given: Any) -> dict[str, Any]:
    """Return an item as a device sends it."""
    at = now() - timedelta(minutes=minutes_ago)
    body = {"position": position}
    return {"id": str(uuid.uuid4()), "action": f"clock_{way}", "at": at.isoformat(), "body": body, **given}


async def duty_of(world: World, subject: str) -> Any:
    period = f"from={utc(now() - timedelta(hours=12))}&to={utc(now() + timedelta(hours=12))}"
    [duty] = await get(world, f"rosters?subject={subject}&{period}")
    return duty


async def test_a_shift_offline_is_clocked_with_the_times_and_the_place_of_the_device(world: World) -> None:
    await on_now(world, "officer-0101", hours_ago=3)
    day = [clocking("in", minutes_ago=170), clocking("out", minutes_ago=20, position={"lon": 107.29, "lat": 26.62})]

    results = await sync(world, *day, subject="officer-0101")
    repeats = await sync(world, *day, subject="officer-0101")

    assert outcomes(results) == ["done", "done"]
    assert outcomes(repeats) == ["done*", "done*"]
    assert [each["duties"] for each in repeats] == [each["duties"] for each in results]
    duty = await duty_of(world, "officer-0101")
    assert results[1]["duties"] == [duty]
    assert 9 <= duty["clocked_in"]["minutes"] <= 11
    assert [duty[name]["at"][:19] for name in ("clocked_in", "clocked_out")] == [each["at"][:19] for each in day]
    assert duty["clocked_in"]["on_the_spot"] is False  # in the town; team-01 has another grid
    [position] = [each for each in await get(world, "positions?minutes=60") if each["subject"] == "officer-0101"]
    assert position["at"][:19] == day[1]["at"][:19]


async def test_a_conflict_tells_the_present_state_and_holds_back_what_follows(world: World) -> None:
    await on_now(world, "officer-0201")
    online = {"way": "in", "position": HERE}
    await world.send("POST", "/dispatch/v1/attendance", role="officer", subject="officer-0201", json=online)
    event = await world.a_case()

    results = await sync(world, clocking("in"), clocking("out"), item(event, "note"), subject="officer-0201")
    nothing = await sync(world, clocking("in"), subject="officer-0202")

    assert outcomes(results)[:2] == ["conflict", "held_back"]
    assert codes(results)[0] == "already-clocked"
    assert results[0]["duties"] == [await duty_of(world, "officer-0201")]
    assert (outcomes(nothing), codes(nothing), nothing[0]["duties"]) == (["conflict"], ["no-duty-now"], [])


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({"minutes_ago": -6}, "/at", "moment-in-the-future"),
        ({"minutes_ago": 3 * 24 * 60 + 1}, "/at", "moment-too-old"),
        ({"position": {"lon": 112.5, "lat": 26.58}}, "/position", "position-far-away"),
        ({"position": {"lon": 107.2, "lat": 91}}, "/body/position/lat", "less_than_equal"),
        ({"body": {}}, "/body/position", "missing"),
        ({"complaint_id": str(uuid.uuid4())}, "/complaint_id", "extra_forbidden"),
        ({"at": "soon"}, "/at", "instant_invalid"),
    ],
)
async def test_a_clocking_that_cannot_be_is_refused(
    world: World, given: dict[str, Any], pointer: str, code: str
) -> None:
    await on_now(world, "officer-0301")

    results = await sync(world, clocking("in", **given), subject="officer-0301")

    assert outcomes(results) == ["refused"]
    [error] = results[0]["problem"]["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert (await duty_of(world, "officer-0301"))["clocked_in"] is None


async def test_nobody_leaves_before_they_came(world: World) -> None:
    await on_now(world, "officer-0401", hours_ago=3)

    results = await sync(world, clocking("in", minutes_ago=60), subject="officer-0401")
    early = await sync(world, clocking("out", minutes_ago=90), subject="officer-0401")

    assert (outcomes(results), outcomes(early), codes(early)) == (["done"], ["conflict"], ["no-duty-now"])


async def test_twins_at_once_clock_once_and_an_id_stands_for_one_thing(world: World) -> None:
    await on_now(world, "officer-0501")
    came = clocking("in")

    answers = await asyncio.gather(*(sync(world, came, subject="officer-0501") for _ in range(3)))
    event = await world.a_case()
    reused = await sync(
        world, item(event, "note", id=came["id"]), {**came, "action": "clock_out"}, subject="officer-0501"
    )

    assert sorted(outcome for answer in answers for outcome in outcomes(answer)) == ["done", "done*", "done*"]
    assert codes(reused) == ["action-id-reused"] * 2
    assert (await send(world, [came], role="dispatcher")).status_code == 403
