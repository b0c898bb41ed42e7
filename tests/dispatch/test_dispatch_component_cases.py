"""A case may be about a component: staff say so, it is found by it, and a transfer goes to its owner."""

import asyncio
from typing import Any

import pytest_asyncio

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import events_of, problem, shown
from dispatch.directory import API, put, remove
from dispatch.world import NEIGHBOUR, TOWN, World, later

COVER = {"class_code": "0101", "class_zh": "上水井盖", "lon": TOWN[0], "lat": TOWN[1]}
TRANSFER = {"external_ref": "SW-1", "reason": "井盖属水务部门"}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _register(world: World) -> None:
    await put(world, "departments/water", {"name": "水务局"})
    await put(world, "components/cover", {**COVER, "owner": "water"})
    await put(world, "components/nobodys", COVER)


async def link(world: World, event: Event, code: str, **options: Any) -> Any:
    role = options.pop("role", "operator")
    path = f"{API}/cases/{event.subject}/component"
    return await world.send("PUT", path, role=role, json={"code": code}, **options)


async def unlink(world: World, event: Event, **options: Any) -> Any:
    return await world.send("DELETE", f"{API}/cases/{event.subject}/component", role="officer", **options)


async def about(world: World, code: str, **options: Any) -> list[str]:
    page = await world.send("GET", f"{API}/cases?component={code}", role="officer", **options)
    return [each["complaint_id"] for each in page.json()["items"] if each["component"] == code]


async def test_a_case_shows_its_component_with_the_owner_and_is_found_by_it(world: World) -> None:
    event = await world.a_case("accept")
    first = await link(world, event, "cover")
    again = await link(world, event, "cover")
    stale = await link(world, event, "nobodys", headers={"If-Match": '"1"'})
    found, foreign = await about(world, "cover"), await about(world, "cover", tenant=NEIGHBOUR)
    other = (await link(world, event, "nobodys")).json()
    none = (await unlink(world, event)).json()

    assert (first.json()["component"], first.json()["component_owner"]) == (
        "cover",
        {"code": "water", "name": "水务局"},
    )
    assert (first.headers["ETag"], again.headers["ETag"], stale.status_code) == ('"3"', '"3"', 412)
    assert (found, foreign, await about(world, "cover")) == ([str(event.subject)], [], [])
    assert (other["component"], other["component_owner"]) == ("nobodys", None)
    assert (none["component"], none["component_owner"], none["version"]) == (None, None, 5)
    assert await events_of(world, event) == [("assigned", 1), ("accepted", 2)]


async def test_whoever_works_with_cases_may_say_so_of_any_state(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    for role in ("operator", "inspector", "officer", "dispatcher", "supervisor"):
        assert (await link(world, event, "cover", role=role)).status_code == 200
    for role in ("citizen", "partner", "analyst", "admin"):
        assert problem(await link(world, event, "cover", role=role)) == (403, "access-denied")
    assert problem(await link(world, event, "cover", tenant=NEIGHBOUR)) == (404, "complaint-not-found")
    unknown = await link(world, event, "nowhere")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown-component")
    assert unknown.json()["errors"][0]["pointer"] == "/code"


async def test_a_component_stays_while_a_case_is_about_it(world: World) -> None:
    await put(world, "components/kept", COVER)
    event = await world.a_case()
    await link(world, event, "kept")
    assert problem(await remove(world, "components/kept")) == (409, "place-in-use")
    await unlink(world, event)
    assert (await remove(world, "components/kept")).status_code == 204


async def test_of_a_removal_and_a_link_at_once_one_happens(world: World) -> None:
    event = await world.a_case()
    for _ in range(5):
        await put(world, "components/raced", COVER)
        gone, linked = await asyncio.gather(remove(world, "components/raced"), link(world, event, "raced"))
        assert (gone.status_code, linked.status_code) in {(204, 422), (409, 200)}
        await unlink(world, event)


async def test_a_transfer_that_names_no_department_goes_to_the_owner(world: World) -> None:
    event, other = await world.a_case("accept"), await world.a_case()
    await put(world, "departments/parks", {"name": "园林局"})
    for each in (event, other):
        await link(world, each, "cover")
    gone = await world.act(event, "transfer", TRANSFER, role="dispatcher")
    elsewhere = await world.act(other, "transfer", {**TRANSFER, "department": "parks"}, role="dispatcher")

    assert [each.json()["transfers"][0]["department"] for each in (gone, elsewhere)] == ["water", "parks"]
    (told,) = [row["payload"] for row in await world.published(event) if row["type"] == EventType.TRANSFERRED]
    assert (told["department"], told["department_name"]) == ("water", "水务局")


async def test_without_an_owner_a_transfer_has_to_name_a_department(world: World) -> None:
    event = await world.a_case()
    for code in (None, "nobodys"):
        if code is not None:
            await link(world, event, code)
        refused = await world.act(event, "transfer", TRANSFER, role="dispatcher")
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["pointer"], error["code"]) == (422, "/department", "department-unnamed")
    assert (await shown(world, event))["status"] == "assigned"


async def test_many_cases_go_each_to_the_owner_of_its_own(world: World) -> None:
    events = [await world.a_case(), await world.a_case()]
    await link(world, events[0], "cover")
    body = {"action": "transfer", "cases": [str(event.subject) for event in events], "body": TRANSFER}
    answer = (await world.send("POST", f"{API}/cases/bulk", role="dispatcher", json=body)).json()
    assert [item["status"] for item in answer["items"]] == [200, 422]
    assert (await shown(world, events[0]))["transfers"][0]["department"] == "water"


async def test_an_erasure_takes_what_says_where_it_was(world: World) -> None:
    event = await world.a_case()
    await link(world, event, "cover")
    await world.deliver(later(event, EventType.ERASED))
    assert (await shown(world, event))["component"] is None


async def test_nothing_says_again_where_an_erased_case_was(world: World) -> None:
    event = await world.a_case("accept")
    await world.deliver(later(event, EventType.ERASED))
    before = await world.row(event)
    assert problem(await link(world, event, "cover")) == (409, "complaint-erased")
    assert await world.row(event) == before
    assert (await unlink(world, event)).status_code == 200


async def test_a_case_whose_texts_stay_may_be_about_a_component(world: World) -> None:
    event = await world.a_case("accept")
    erased = later(event, EventType.ERASED)
    await world.deliver(erased._replace(data=erased.data.model_copy(update={"texts": False})))
    assert (await link(world, event, "cover")).status_code == 200
