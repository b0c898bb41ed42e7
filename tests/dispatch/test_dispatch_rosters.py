"""Duties are planned and looked up over REST."""

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest

from dispatch.duties import a_duty, get, plan
from dispatch.world import NEIGHBOUR, World

MONDAY = date(2031, 3, 3)
"""Far away, so that nothing that is planned there has begun."""


async def test_the_demo_county_has_staggered_shifts_and_admins_change_them(world: World) -> None:
    shifts = await get(world, "shifts")
    body = {"name": "夜班", "begins": "22:00", "ends": "06:00"}
    new = await world.send("PUT", "/dispatch/v1/shifts/night", role="admin", json=body)
    refused = await world.send("PUT", "/dispatch/v1/shifts/night", role="dispatcher", json=body)
    wrong = await world.send("PUT", "/dispatch/v1/shifts/x", role="admin", json={**body, "ends": "06:00:30"})
    gone = await world.send("DELETE", "/dispatch/v1/shifts/night", role="admin")

    assert [each["code"] for each in shifts] == ["morning", "noon", "evening"]
    assert all(one["ends"] > other["begins"] for one, other in pairwise(shifts))
    assert [answer.status_code for answer in (new, refused, wrong, gone)] == [201, 403, 422, 204]
    assert wrong.json()["errors"][0]["pointer"] == "/ends"


async def test_a_week_fills_a_month_and_is_replaced_as_a_whole(world: World) -> None:
    last = MONDAY + timedelta(days=27)
    week = [
        {"weekday": weekday, "shift": "morning", "subject": "officer-0101", "post": "post-0101"}
        for weekday in range(1, 6)
    ]
    first = await plan(world, "team-01", MONDAY, last, {"week": week})
    again = await plan(world, "team-01", MONDAY, last, {"week": week, "days_off": [str(MONDAY)]})

    duties = await get(world, "rosters?team=team-01&limit=200&from=2031-03-01T00:00:00Z&to=2031-04-01T00:00:00Z")

    assert [(each.json()["duties"], each.json()["left_out"]) for each in (first, again)] == [(20, []), (19, [])]
    assert len(duties) == 19
    assert {each["post"] for each in duties} == {"post-0101"}
    assert duties[0]["begins_at"] == "2031-03-03T22:30:00Z"  # Tuesday, 06:30 in Shanghai
    assert [each["begins_at"] for each in duties] == sorted(each["begins_at"] for each in duties)


async def test_lists_have_pages_and_filters(world: World) -> None:
    day = date(2031, 5, 5)
    body = {
        "duties": [
            {"day": str(day), "shift": shift, "subject": f"officer-020{place}"}
            for place, shift in enumerate(("morning", "noon", "evening"), start=1)
        ]
    }
    await plan(world, "team-02", day, day, body)
    period = "from=2031-05-01T00:00:00Z&to=2031-06-01T00:00:00Z"

    page = await world.send("GET", f"/dispatch/v1/rosters?{period}&limit=2", role="officer")
    rest = await world.send("GET", page.links["next"]["url"], role="officer")

    assert [each["shift"] for each in page.json()["items"] + rest.json()["items"]] == ["morning", "noon", "evening"]
    assert len(await get(world, f"rosters?{period}&community=community-02")) == 3
    assert len(await get(world, f"rosters?{period}&shift=noon")) == 1
    assert await get(world, f"rosters?{period}&community=community-03") == []
    assert await get(world, f"rosters?{period}", tenant=NEIGHBOUR) == []


async def test_nobody_is_in_two_places_even_in_two_teams_and_at_once(world: World) -> None:
    day = date(2031, 6, 2)
    twice = [{"day": str(day), "shift": shift, "subject": "officer-demo"} for shift in ("morning", "noon")]
    alone = await plan(world, "team-03", day, day, {"duties": twice})
    one = {"duties": [twice[0]]}

    answers = await asyncio.gather(*(plan(world, f"team-0{number}", day, day, one) for number in (4, 5, 6)))

    assert alone.status_code == 422
    error = alone.json()["errors"][0]
    assert error["code"] == "in-two-places"
    assert error["pointer"] in {"/duties/0", "/duties/1"}
    assert "officer-demo" in error["message"]
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    assert len(await get(world, "rosters?subject=officer-demo&from=2031-06-01T00:00:00Z&to=2031-06-04T00:00:00Z")) == 1


async def test_a_week_leaves_out_who_is_on_leave_and_a_single_duty_ends_the_leave(world: World) -> None:
    first, last = date(2031, 8, 4), date(2031, 8, 10)
    place = {"shift": "morning", "subject": "officer-1501"}
    duty = await a_duty(world, "officer-1501", first, team="team-15")
    await world.run("UPDATE duty SET state = 'leave' WHERE id = :id", id=duty["id"])

    async def states() -> list[tuple[str, str]]:
        found = await get(world, "rosters?team=team-15&from=2031-08-01T00:00:00Z&to=2031-09-01T00:00:00Z")
        return [(each["day"], each["state"]) for each in found]

    week = [{**place, "weekday": 1}, {**place, "weekday": 2}]
    by_week = await plan(world, "team-15", first, last, {"week": week})
    kept = await states()
    single = await plan(world, "team-15", first, last, {"duties": [{**place, "day": str(first)}]})

    assert by_week.json() == {
        "duties": 1,
        "over": 0,
        "left_out": [{**place, "day": "2031-08-04", "post": None, "reason": "leave"}],
    }
    assert kept == [("2031-08-04", "leave"), ("2031-08-05", "planned")]
    assert single.json() == {"duties": 1, "over": 0, "left_out": []}
    assert await states() == [("2031-08-04", "planned")]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"shift": "midnight"}, "/duties/0", "unknown-shift"),
        ({"subject": "somebody"}, "/duties/0", "not-a-member"),
        ({"post": "nowhere"}, "/duties/0", "unknown-post"),
        ({"day": "2031-07-08"}, "/duties/0/day", "outside-period"),
        ({"day": "2031-02-30"}, "/duties/0/day", None),
        ({"subject": "x\x00"}, None, None),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_whole(
    world: World, change: dict[str, str], pointer: str | None, code: str | None
) -> None:
    day = date(2031, 7, 7)
    good = {"day": str(day), "shift": "noon", "subject": "officer-0701"}
    await plan(world, "team-07", day, day, {"duties": [good]})

    response = await plan(world, "team-07", day, day, {"duties": [{**good, **change}, {**good, "shift": "morning"}]})

    assert response.status_code in {400, 422}
    errors = response.json().get("errors") or [{}]
    assert pointer is None or errors[0]["pointer"] == pointer
    assert code is None or errors[0]["code"] == code
    there = await get(world, "rosters?team=team-07&from=2031-07-07T00:00:00Z&to=2031-07-08T00:00:00Z")
    assert [each["shift"] for each in there] == ["noon"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2031-03-05&to=2031-03-04", 422, "period-reversed"),
        ("from=2031-03-05&to=2032-03-05", 422, "period-too-long"),
        ("from=2031-03-05", 422, "validation-failed"),
        ("from=x&to=2031-03-05", 422, "validation-failed"),
        ("from=9999-12-30&to=9999-12-31", 422, "validation-failed"),
    ],
)
async def test_a_period_that_cannot_be_is_refused(world: World, query: str, status: int, code: str) -> None:
    response = await world.send("PUT", f"/dispatch/v1/rosters/team-01?{query}", role="dispatcher", json={})

    assert (response.status_code, response.json()["type"]) == (status, f"urn:jieban:problem:{code}")


async def test_who_may_plan(world: World) -> None:
    refused = await plan(world, "team-01", MONDAY, MONDAY, {}, role="officer")
    unknown = await plan(world, "team-99", MONDAY, MONDAY, {})
    foreign = await plan(world, "team-01", MONDAY, MONDAY, {}, tenant=NEIGHBOUR)

    assert [answer.status_code for answer in (refused, unknown, foreign)] == [403, 404, 404]
