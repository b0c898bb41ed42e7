"""Officers clock in and out, and send where they are."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from dispatch.duties import HERE, SHANGHAI, get, on_now, plan, utc
from dispatch.world import NEIGHBOUR, SECRET, TENANT, World
from dispatch_service.main import build
from dispatch_service.service.attendance import forget_tracks
from operations.rounds import Rounds
from runtime.auth import TokenVerifier
from runtime.clock import now
from runtime.settings import RuntimeSettings


async def clock(world: World, subject: str, way: str, position: object = HERE) -> Any:
    body = {"way": way, "position": position}
    return await world.send("POST", "/dispatch/v1/attendance", role="officer", subject=subject, json=body)


async def test_clocking_in_and_out_says_how_far_and_how_late(world: World) -> None:
    await on_now(world, "officer-0805")

    early_out = await clock(world, "officer-0805", "out")
    came, twin = await asyncio.gather(*(clock(world, "officer-0805", "in") for _ in range(2)))
    left = await clock(world, "officer-0805", "out", {"lon": 107.29, "lat": 26.62})
    again = await clock(world, "officer-0805", "out")

    assert (early_out.status_code, early_out.json()["type"]) == (409, "urn:jieban:problem:no-duty-now")
    assert sorted([came.status_code, twin.status_code]) == [200, 409]
    came = came if came.status_code == 200 else twin
    assert came.json()["clocked_in"]["metres"] == 0
    assert came.json()["clocked_in"]["on_the_spot"] is True
    assert 59 <= came.json()["clocked_in"]["minutes"] <= 62
    assert left.json()["clocked_out"]["on_the_spot"] is False
    assert left.json()["clocked_out"]["metres"] > 500
    assert left.json()["clocked_out"]["minutes"] > 400
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:already-clocked")
    [position] = [each for each in await get(world, "positions") if each["subject"] == "officer-0805"]
    assert (position["lon"], position["lat"]) == (107.29, 26.62)


async def test_at_a_post_the_distance_is_to_the_post_and_the_plan_stays(world: World) -> None:
    [post] = [each for each in await get(world, "posts?grid=grid-10") if each["code"] == "post-1001"]
    await on_now(world, "officer-1001", post="post-1001")

    came = await clock(world, "officer-1001", "in", {"lon": post["lon"], "lat": post["lat"] + 0.001})
    day = now().astimezone(SHANGHAI).date()
    replanned = await plan(world, "team-10", day - timedelta(days=1), day + timedelta(days=1), {})

    assert came.json()["clocked_in"]["metres"] == pytest.approx(111, abs=1)
    assert (replanned.status_code, replanned.json()["type"]) == (409, "urn:jieban:problem:duty-begun")
    assert [each["subject"] for each in await get(world, "rosters/on-duty?team=team-10")] == ["officer-1001"]
    assert [each["subject"] for each in await get(world, "rosters/on-duty?post=post-1001")] == ["officer-1001"]


async def test_a_duty_that_has_begun_is_not_asked_about(world: World) -> None:
    await on_now(world, "officer-1101")
    [duty] = await get(world, "rosters/on-duty?team=team-11")

    response = await world.send(
        "POST",
        f"/dispatch/v1/duties/{duty['id']}/requests",
        role="officer",
        subject="officer-1101",
        json={"kind": "leave", "reason": "家中有事"},
    )

    assert (response.status_code, response.json()["type"]) == (409, "urn:jieban:problem:duty-begun")


async def test_positions_are_kept_and_make_a_track(world: World) -> None:
    moment = now().replace(microsecond=0)
    fixes = [
        {
            "at": utc(moment - timedelta(minutes=minutes)),
            "position": {"lon": round(107.2 + minutes / 1000, 3), "lat": 26.58},
        }
        for minutes in (3, 2, 1)
    ]
    send: dict[str, Any] = {"role": "officer", "subject": "officer-1201"}
    first = await world.send("POST", "/dispatch/v1/positions", json={"positions": fixes[:2]}, **send)
    rest = await world.send("POST", "/dispatch/v1/positions", json={"positions": fixes}, **send)
    period = f"from={utc(moment - timedelta(hours=1))}&to={utc(moment)}"
    track = await world.send("GET", f"/dispatch/v1/positions/officer-1201/track?{period}", role="supervisor")
    hidden = await world.send("GET", f"/dispatch/v1/positions/officer-1201/track?{period}", role="officer")

    assert (first.json(), rest.json()) == ({"kept": 2}, {"kept": 1})
    assert track.json()["geometry"]["coordinates"] == [[107.203, 26.58], [107.202, 26.58], [107.201, 26.58]]
    assert len(track.json()["properties"]["times"]) == 3
    assert hidden.status_code == 403
    [last] = await get(world, "positions?team=team-12")
    assert last["lon"] == 107.201
    assert await get(world, "positions", tenant=NEIGHBOUR) == []


@pytest.mark.parametrize(
    ("shift", "position", "pointer", "code"),
    [
        (timedelta(minutes=6), HERE, "/positions/0/at", "moment-out-of-range"),
        (timedelta(hours=-25), HERE, "/positions/0/at", "moment-out-of-range"),
        (timedelta(), {"lon": 112.5, "lat": 26.58}, None, "position-far-away"),
        (timedelta(), {"lon": 107.2, "lat": 91}, "/positions/0/position/lat", None),
    ],
)
async def test_a_position_that_cannot_be_is_refused(
    world: World, shift: timedelta, position: dict[str, float], pointer: str | None, code: str | None
) -> None:
    body = {"positions": [{"at": utc(now() + shift), "position": position}]}
    response = await world.send("POST", "/dispatch/v1/positions", role="officer", subject="officer-1301", json=body)

    assert response.status_code == 422
    problem = response.json()
    errors = problem.get("errors") or [{"pointer": None, "code": problem["type"].rpartition(":")[2]}]
    assert pointer is None or errors[0]["pointer"] == pointer
    assert code is None or errors[0]["code"] == code


async def test_old_positions_are_forgotten(world: World) -> None:
    moment = now().replace(microsecond=0)
    body = {"positions": [{"at": utc(moment - timedelta(hours=hours)), "position": HERE} for hours in (1, 20)]}
    await world.send("POST", "/dispatch/v1/positions", role="officer", subject="officer-1401", json=body)

    await forget_tracks(world.engine, keep=timedelta(hours=10))

    period = f"from={utc(moment - timedelta(days=2))}&to={utc(moment)}"
    track = await world.send("GET", f"/dispatch/v1/positions/officer-1401/track?{period}", role="supervisor")
    assert len(track.json()["properties"]["times"]) == 1


async def test_tracks_are_kept_for_as_many_days_as_the_operator_says(world: World) -> None:
    statement = (
        "INSERT INTO position VALUES (:tenant, 'officer-1402', now() - make_interval(days => :days), 107.2, 26.5)"
    )
    for days in (1, 3):
        await world.run(statement, tenant=TENANT, days=days)
    url = world.engine.url.render_as_string(hide_password=False)
    settings = RuntimeSettings(dispatch_database_url=url, token_secret=SecretStr(SECRET), position_days=2)
    service = build(settings, TokenVerifier(settings))
    [tracks] = [
        each for each in service.workers["relay"] if isinstance(each, Rounds) and each.name == "dispatch tracks"
    ]
    stop = asyncio.Event()

    running = asyncio.create_task(tracks.run(stop))
    for _ in range(100):
        [left] = (await world.snapshot("position WHERE subject = 'officer-1402'")).values()
        if len(left) < 2:
            break
        await asyncio.sleep(0.05)
    stop.set()
    await running
    await service.close()

    assert len(left) == 1


@pytest.mark.parametrize("days", [0, 1, 367])
def test_tracks_are_kept_for_two_days_to_a_year(days: int) -> None:
    assert RuntimeSettings().position_days == 30
    with pytest.raises(ValidationError):
        RuntimeSettings(position_days=days)
