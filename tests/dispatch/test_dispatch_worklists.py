"""What officers see on their way: lists by distance, their worklist, and what has left it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio

from contracts.coordinates import to_gcj02
from contracts.envelope import Event
from dispatch.asking import grant, moment, problem
from dispatch.world import NEIGHBOUR, TOWN, World, received
from dispatch_service.domain.attendance import metres_between
from dispatch_service.service.forgetting import forget_old

CASES, WORKLIST = "/dispatch/v1/cases", "/dispatch/v1/worklist"
NEAR = f"{TOWN[0]},{TOWN[1]}"


@pytest_asyncio.fixture(loop_scope="session")
async def crew(world: World) -> AsyncIterator[str]:
    """An officer whose only team has no cases yet."""
    subject = "officer-crew"
    await world.run("DELETE FROM dispatch_case")
    await world.run("DELETE FROM team_departure")
    await world.run("DELETE FROM team_member WHERE subject = :subject", subject=subject)
    await world.run(
        "INSERT INTO team_member VALUES ('522723', 'team-08', :subject, 'leader')",
        subject=subject,
    )
    yield subject


def away(metres: float) -> tuple[float, float]:
    """Return a point of the town so far north of its middle."""
    return TOWN[0], TOWN[1] + metres / 111_320


async def cases_at(world: World, *metres: float) -> list[Event]:
    events = [received(away(each)) for each in metres]
    await world.deliver(*events)
    await world.run("UPDATE dispatch_case SET team = 'team-08' WHERE tenant = '522723' AND team <> 'team-08'")
    return events


async def walk(world: World, path: str, subject: str, **query: Any) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    url: str | None = f"{path}?{urlencode(query)}"
    items: list[dict[str, Any]] = []
    while url is not None:
        response = await world.send("GET", url, role="officer", subject=subject)
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        url = response.links["next"]["url"] if "next" in response.links else None
    return items


def of(events: list[Event], *order: int) -> list[str]:
    return [str(events[place].subject) for place in order]


def found(items: list[dict[str, Any]]) -> list[str]:
    return [item["complaint_id"] for item in items]


async def light(world: World, event: Event, *, promised: timedelta, warned: timedelta) -> None:
    await world.run(
        "UPDATE dispatch_case SET promised_at = now() + :promised, warn_at = now() + :warned WHERE complaint_id = :id",
        promised=promised,
        warned=warned,
        id=event.subject,
    )


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


class Device:
    """A phone that keeps its worklist and asks only for what has changed."""

    def __init__(self, world: World, subject: str) -> None:
        self._world = world
        self._subject = subject
        self._since: str | None = None
        self.cases: dict[str, dict[str, Any]] = {}

    async def sync(self) -> tuple[int, int]:
        """Follow the changes; return how many items and how many tombstones came."""
        query = "" if self._since is None else f"?updated_after={quote(self._since)}"
        response = await self._world.send("GET", WORKLIST + query, role="officer", subject=self._subject)
        assert response.status_code == 200, response.text
        answer = response.json()
        self._since = answer["updated_after"]
        for case in answer["gone"]:
            self.cases.pop(case, None)
        self.cases |= {item["complaint_id"]: item for item in answer["items"]}
        return len(answer["items"]), len(answer["gone"])


async def age(world: World) -> None:
    """Let everything that has happened so far be some time ago."""
    await world.run("UPDATE dispatch_case SET updated_at = updated_at - interval '1 hour'")
    await world.run("UPDATE team_departure SET at = at - interval '1 hour'")


async def test_a_device_follows_what_changes_and_what_leaves(world: World, crew: str) -> None:
    stays, taken, moved, ended, comes = await cases_at(world, 1, 2, 3, 4, 5)
    await world.act(comes, "assign", {"team": "team-03"}, role="dispatcher")
    await age(world)
    device = Device(world, crew)
    await device.sync()
    assert set(device.cases) == {str(event.subject) for event in (stays, taken, moved, ended)}

    assert await device.sync() == (0, 0)
    await world.act(taken, "accept", role="officer", subject=crew)
    await world.act(moved, "assign", {"team": "team-03"}, role="dispatcher")
    for step in ("accept", "start", "resolve"):
        await world.act(ended, step, role="officer", subject=crew)
    await world.act(comes, "assign", {"team": "team-08"}, role="dispatcher")
    assert await device.sync() == (2, 2)

    whole = Device(world, crew)
    await whole.sync()
    assert device.cases == whole.cases
    assert device.cases[str(taken.subject)]["status"] == "accepted"


async def test_a_case_that_leaves_and_comes_back_is_there(world: World, crew: str) -> None:
    (event,) = await cases_at(world, 1)
    await age(world)
    device = Device(world, crew)
    await device.sync()

    for team in ("team-03", "team-08"):
        await world.act(event, "assign", {"team": team}, role="dispatcher")

    assert await device.sync() == (1, 0)
    await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    assert await device.sync() == (0, 1)
    assert device.cases == {}


async def test_what_is_committed_late_is_not_missed(world: World, crew: str) -> None:
    response = await world.send("GET", WORKLIST, role="officer", subject=crew)
    since = moment(response.json()["updated_after"])
    (event,) = await cases_at(world, 1)
    await world.run(
        "UPDATE dispatch_case SET updated_at = :late WHERE complaint_id = :id",
        late=since + timedelta(seconds=1),
        id=event.subject,
    )

    items = await walk(world, WORKLIST, crew, updated_after=since.isoformat())

    assert found(items) == [str(event.subject)]


async def test_a_device_that_was_away_too_long_asks_for_the_whole_list(world: World, crew: str) -> None:
    month = quote((moment("2026-01-01T00:00:00+00:00")).isoformat())
    assert problem(await world.send("GET", f"{WORKLIST}?updated_after={month}", role="officer", subject=crew)) == (
        409,
        "worklist-outdated",
    )
    response = await world.send("GET", WORKLIST, role="officer", subject=crew)
    since = quote(response.json()["updated_after"])
    await world.run(
        "INSERT INTO team_departure SELECT '522723', 'team-08', gen_random_uuid(), now() FROM generate_series(1, 1001)"
    )
    assert problem(await world.send("GET", f"{WORKLIST}?updated_after={since}", role="officer", subject=crew)) == (
        409,
        "worklist-outdated",
    )


async def test_departures_are_forgotten_after_their_time(world: World, crew: str) -> None:
    await world.run(
        "INSERT INTO team_departure SELECT '522723', 'team-08', gen_random_uuid(), now() - days * interval '1 day'"
        " FROM unnest(ARRAY[1, 30, 32, 60]) AS days"
    )
    await forget_old(world.engine)

    assert len((await world.snapshot("team_departure"))["team_departure"]) == 2


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
