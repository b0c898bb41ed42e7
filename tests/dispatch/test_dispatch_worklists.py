"""What officers see on their way: lists by distance, their worklist, and what has left it."""

from datetime import timedelta

import pytest

from contracts.coordinates import to_gcj02
from contracts.envelope import Event
from dispatch.asking import grant
from dispatch.worklists import CASES, NEAR, WORKLIST, cases_at, found, light, of, walk
from dispatch.world import NEIGHBOUR, TOWN, World, received
from dispatch_service.domain.attendance import metres_between


async def test_open_cases_by_distance_page_by_page(world: World, crew: str) -> None:
    events = await cases_at(world, 300, 20, 100, 100, 700, 40)
    nowhere = received(None)
    await world.deliver(nowhere)
    for step in ("accept", "start", "resolve"):
        await world.act(events[5], step, role="officer")

    items = await walk(world, CASES, crew, sort="distance", near=NEAR, limit=2)

    assert found(items) == of(events, 1, 2, 3, 0, 4)
    for item in items:
        there = (item["location"]["lon"], item["location"]["lat"])
        assert item["distance_metres"] == pytest.approx(metres_between(TOWN, there), rel=0.005, abs=1)
    assert found(await walk(world, CASES, crew, sort="distance", near=NEAR, status="resolved")) == of(events, 5)


async def test_the_point_may_be_in_the_datum_of_the_map(world: World, crew: str) -> None:
    await cases_at(world, 250)
    lon, lat = to_gcj02(*TOWN)

    (item,) = await walk(world, CASES, crew, near=f"{lon},{lat}", crs="GCJ02")

    assert item["distance_metres"] == pytest.approx(250, abs=2)


async def test_mine_are_the_cases_of_my_teams(world: World, crew: str) -> None:
    events = await cases_at(world, 10, 20)
    await world.act(events[0], "assign", {"team": "team-03"}, role="dispatcher")

    assert found(await walk(world, CASES, crew, mine="true")) == of(events, 1)
    assert found(await walk(world, CASES, "officer-0301", mine="true")) == of(events, 0)
    assert await walk(world, CASES, "officer-of-no-team", mine="true") == []


async def test_the_worklist_goes_by_light_and_then_by_distance(world: World, crew: str) -> None:
    events = await cases_at(world, 10, 500, 200, 900, 50, 30)
    await grant_suspension(world, events[0])
    hour = timedelta(hours=1)
    await light(world, events[1], promised=-hour, warned=-2 * hour)
    await light(world, events[3], promised=-3 * hour, warned=-4 * hour)
    await light(world, events[2], promised=hour, warned=-hour)

    for limit in (100, 2):
        items = await walk(world, WORKLIST, crew, near=NEAR, limit=limit)

        assert found(items) == of(events, 1, 3, 2, 5, 4, 0)
        assert [item["light"] for item in items] == ["red", "red", "yellow", "green", "green", "green"]
        assert [item["walk_metres"] for item in items] == pytest.approx([650, 1170, 260, 39, 65, 13], abs=2)


async def grant_suspension(world: World, event: Event) -> None:
    await world.act(event, "accept", role="officer")
    await grant(world, event, "suspension")


async def test_without_a_position_the_worklist_goes_by_promised_time(world: World, crew: str) -> None:
    events = await cases_at(world, 10, 20, 30)
    for place, hours in ((0, 9), (1, 7), (2, 8)):
        await light(world, events[place], promised=timedelta(hours=hours), warned=timedelta(hours=6))

    items = await walk(world, WORKLIST, crew)

    assert found(items) == of(events, 1, 2, 0)
    assert {item["walk_metres"] for item in items} == {None}


async def test_an_item_is_small_and_says_what_is_needed_on_the_way(world: World, crew: str) -> None:
    event = received(TOWN, description="长" * 500)
    await world.deliver(event)

    response = await world.send("GET", f"{WORKLIST}?near={NEAR}", role="officer", subject=crew)

    (item,) = response.json()["items"]
    row = await world.row(event)
    assert item == {
        "complaint_id": str(event.subject),
        "number": row["number"],
        "status": "assigned",
        "version": 1,
        "round": 1,
        "team": "team-08",
        "role": "lead",
        "assignee": None,
        "officer": None,
        "category": "street.vendors",
        "grade": "ordinary",
        "summary": "长" * 60,
        "lon": TOWN[0],
        "lat": TOWN[1],
        "address": "金南街道",
        "walk_metres": 0,
        "promised_at": row["promised_at"].isoformat().replace("+00:00", "Z"),
        "light": "green",
    }
    assert response.json()["teams"] == ["team-08"]


async def test_others_have_no_worklist(world: World, crew: str) -> None:
    await cases_at(world, 1)

    assert (await world.send("GET", WORKLIST, role="dispatcher")).status_code == 403
    response = await world.send("GET", WORKLIST, role="officer", subject=crew, tenant=NEIGHBOUR)
    assert (response.json()["items"], response.json()["teams"]) == ([], [])


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=distance", "query/near"),
        ("near=1", "query/near"),
        ("near=1,2,3", "query/near"),
        ("near=a,b", "query/near"),
        ("near=nan,1", "query/near"),
        ("near=181,1", "query/near"),
        ("near=1,inf", "query/near"),
        ("near=1,2&crs=EPSG", "query/crs"),
        ("mine=perhaps", "query/mine"),
        ("sort=deadline&status=closed", "query/status"),
        ("sort=deadline&status=resolved&status=withdrawn", "query/status"),
        ("sort=distance&near=107.2,26.6&status=closed", "query/status"),
    ],
)
async def test_a_bad_query_is_named(world: World, query: str, pointer: str) -> None:
    response = await world.send("GET", f"{CASES}?{query}", role="officer")

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_a_cursor_is_for_its_own_place_and_officer(world: World, crew: str) -> None:
    await cases_at(world, 1, 2, 3)
    first = await world.send("GET", f"{WORKLIST}?near={NEAR}&limit=1", role="officer", subject=crew)
    cursor = first.links["next"]["url"].partition("cursor=")[2]

    for path, subject, status in (
        (f"{WORKLIST}?near={NEAR}&cursor={cursor}", crew, 200),
        (f"{WORKLIST}?near=107,26&cursor={cursor}", crew, 400),
        (f"{WORKLIST}?near={NEAR}&cursor={cursor}", "officer-0801", 400),
    ):
        assert (await world.send("GET", path, role="officer", subject=subject)).status_code == status
