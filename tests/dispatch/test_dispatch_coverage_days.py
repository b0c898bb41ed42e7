"""The course of a day of the 15-minute circle, in one call."""

from datetime import date
from typing import Any

import pytest

from dispatch.directory import put
from dispatch.duties import plan
from dispatch.world import NEIGHBOUR, TOWN, World, received

DAY = date(2031, 10, 6)
HERE = {"lon": TOWN[0], "lat": TOWN[1]}


async def ask(world: World, query: str = "", body: object = None, **options: Any) -> Any:
    method = "GET" if body is None else "POST"
    options = {"role": "dispatcher", **options}
    return await world.send(method, f"/dispatch/v1/coverage/day?day={DAY}&{query}", json=body, **options)


async def a_manned_county(world: World) -> None:
    duties = [
        {"day": str(DAY), "shift": shift, "subject": f"officer-080{number}", "post": "post-0801"}
        for number, shift in enumerate(("morning", "evening"), start=1)
    ]
    await plan(world, "team-08", DAY, DAY, {"duties": duties})
    station = {"name": "站", "kind": "kiosk", "community": "community-01", **HERE, "hours": "08:30-17:00"}
    await put(world, "posts/kiosk", station)
    await world.deliver(received(TOWN), received(TOWN), received(None))


async def test_each_hour_says_what_its_middle_says_when_it_is_asked_for_alone(world: World) -> None:
    await a_manned_county(world)

    course = (await ask(world)).json()

    slices = course["slices"]
    assert [each["begins_at"] for each in slices[:2]] == ["2031-10-06T00:00:00+08:00", "2031-10-06T01:00:00+08:00"]
    assert [each["spots"] for each in slices] == [0] * 6 + [1] * 2 + [2] * 3 + [1] * 5 + [2] + [1] * 5 + [0] * 2
    for hour in (3, 6, 9, 18):
        at = f"2031-10-06T{hour:02}:30:00%2B08:00"
        alone = (await world.send("GET", f"/dispatch/v1/coverage?at={at}", role="dispatcher")).json()["summary"]
        assert {name: slices[hour][name] for name in ("spots", "area_share", "case_share", "cases_covered")} == {
            name: alone[name] for name in ("spots", "area_share", "case_share", "cases_covered")
        }
        assert (course["cases"], course["square_metres"]) == (alone["cases"], alone["square_metres"])
        for community, single in zip(course["communities"], alone["communities"], strict=True):
            assert community["community"] == single["community"]
            assert community["area_shares"][hour] == single["area_share"]
            assert community["case_shares"][hour] == single["case_share"]


async def test_shifts_are_the_other_way_to_cut_a_day(world: World) -> None:
    await a_manned_county(world)
    await put(world, "shifts/night", {"name": "夜班", "begins": "22:00", "ends": "06:00"})

    course = (await ask(world, "by=shift")).json()

    assert [(each["shift"], each["spots"]) for each in course["slices"]] == [
        ("morning", 2),
        ("noon", 1),
        ("evening", 1),
        ("night", 0),
    ]
    assert course["slices"][3]["at"] == "2031-10-07T02:00:00+08:00"
    every = (await ask(world, "by=shift&on_duty=false")).json()["slices"]
    assert [each["spots"] for each in every] == [58, 58, 57, 57]


async def test_a_day_as_it_would_be_stands_beside_how_it_is(world: World) -> None:
    await a_manned_county(world)
    there = (await ask(world)).json()

    answer = (await ask(world, body={"removed": ["kiosk"], "moved": {"post-0801": HERE}, "added": [HERE]})).json()

    assert [each["spots"] for each in answer["slices"]] == [1] * 6 + [2] * 5 + [1] * 5 + [2] * 6 + [1] * 2
    assert answer["present"] == {name: there[name] for name in answer["present"]}
    assert all(each["cases_covered"] >= 2 for each in answer["slices"])
    unknown = await ask(world, body={"removed": ["nothing"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/removed/0")


@pytest.mark.parametrize(
    ("query", "pointer"), [("by=week", "query/by"), ("minutes=0", "query/minutes"), ("day=9999-12-31", "query/day")]
)
async def test_a_day_that_cannot_be_is_refused(world: World, query: str, pointer: str) -> None:
    response = await world.send("GET", f"/dispatch/v1/coverage/day?{query}", role="dispatcher")

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_only_staff_of_a_county_with_grids_have_an_answer(world: World) -> None:
    assert (await ask(world, role="citizen")).status_code == 403
    response = await ask(world, tenant=NEIGHBOUR)
    assert (response.status_code, response.json()["type"]) == (409, "urn:jieban:problem:no-grids")
