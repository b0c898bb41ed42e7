"""Places that become known later, and places outside the tenant's area."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.coordinates import to_gcj02
from contracts.directory import Area, DirectoryEvent, GridChanged
from contracts.envelope import Event
from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.directory import heard
from intake.reports import report
from intake_service.events.directory import keep
from outboxes import published
from refusals import errors_of
from runtime.lifecycle import Service

WEST, EAST = [107.0, 26.5], [107.3, 26.5]
"""Lower left corners of two squares of 0.1 degrees, with a gap between them."""


def square(corner: list[float]) -> Any:
    x, y = corner
    return [[[[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]]]


def grid_event(code: str, corner: list[float], sequence: int = 1, *, removed: bool = False) -> Event[Any]:
    data = GridChanged(
        code=code,
        removed=removed,
        version=sequence,
        name=code,
        community=f"{code}-community",
        team="team-1",
        area=Area(coordinates=square(corner)),
    )
    return heard(DirectoryEvent.GRID_CHANGED, "grid", data, sequence)


async def hear(engine: AsyncEngine, service: Service, *events: Event[Any]) -> None:
    async with engine.begin() as connection:
        await keep(connection, events)
    await service.app.state.locating.areas._renew([TENANT])  # instead of waiting until it is due


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(service: Service, engine: AsyncEngine) -> AsyncIterator[None]:
    await service.app.state.locating.areas.of(TENANT)
    await hear(engine, service, grid_event("east", EAST), grid_event("west", WEST))
    yield


async def filed(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> str:
    answer = await client.post("/complaints", json=report(**changes), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def told(engine: AsyncEngine, complaint: str) -> list[dict[str, Any]]:
    rows = await published(engine, complaint)
    return [{"type": row["type"], "sequence": row["sequence"], **row["data"]} for row in rows]


async def test_an_address_alone_is_taken_and_located_later(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    citizen, operator = as_(Role.CITIZEN), as_(Role.OPERATOR)
    complaint = await filed(client, citizen, location={"address": "麦溪社区3号"})
    assert complaint in await listed(client, operator, "located=false")
    lon, lat = to_gcj02(107.05, 26.55)
    body = {"lon": lon, "lat": lat, "crs": "GCJ02"}
    answer = await client.post(f"/complaints/{complaint}/location", json=body, headers={**operator, "If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    result = answer.json()
    assert (result["grid"], result["community"], result["outside_area"]) == ("west", "west-community", False)
    place = result["location"]
    assert (place["lon"], place["lat"]) == pytest.approx((107.05, 26.55), abs=1e-6)
    assert (place["address"], place["given"]) == ("麦溪社区3号", body)
    view = (await client.get(f"/complaints/{complaint}", headers=citizen)).json()
    assert (view["location"], view["version"]) == (place, 2)
    assert complaint in await listed(client, operator, "located=true&grid=west")
    first, second = await told(engine, complaint)
    assert "lon" not in first["location"]
    assert second == {
        "type": "complaint.located",
        "sequence": 2,
        "actor": "operator-1",
        "location": {"lon": place["lon"], "lat": place["lat"], "address": "麦溪社区3号"},
        "grid": "west",
        "community": "west-community",
    }
    again = await client.post(f"/complaints/{complaint}/location", json=body, headers=as_(Role.DISPATCHER))
    assert (again.status_code, again.json()["version"], len(await told(engine, complaint))) == (200, 2, 2)


async def listed(client: httpx.AsyncClient, headers: dict[str, str], query: str) -> set[str]:
    answer = await client.get(f"/complaints?limit=200&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("place", "outside"),
    [
        ({"lon": 107.05, "lat": 26.55}, False),
        ({"lon": 107.2, "lat": 26.55}, False),  # in the gap between the grids
        ({"lon": 107.5, "lat": 26.55}, True),
        ({"lon": 116.4, "lat": 39.9, "crs": "BD09"}, True),
        ({"address": "不知何处"}, False),
    ],
)
async def test_what_lies_outside_is_taken_and_marked(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, place: dict[str, Any], outside: bool
) -> None:
    complaint = await filed(client, as_(Role.CITIZEN), location=place)
    operator = as_(Role.OPERATOR)
    view = (await client.get(f"/complaints/{complaint}", headers=operator)).json()
    assert view["outside_area"] is outside
    assert (complaint in await listed(client, operator, "outside_area=true")) is outside
    assert (complaint in await listed(client, operator, "outside_area=false")) is not outside
    assert (await told(engine, complaint))[0].get("outside_area", False) is outside


async def test_a_place_is_corrected_into_the_area_and_out_of_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    dispatcher = as_(Role.DISPATCHER)
    complaint = await filed(client, as_(Role.CITIZEN), location={"lon": 100.0, "lat": 20.0})
    found = []
    for lon in (107.35, 107.9):
        body = {"lon": lon, "lat": 26.55, "address": f"新址{lon}"}
        found.append((await client.post(f"/complaints/{complaint}/location", json=body, headers=dispatcher)).json())
    assert [(each["outside_area"], each["grid"], each["version"]) for each in found] == [
        (False, "east", 2),
        (True, None, 3),
    ]
    last = (await told(engine, complaint))[-1]
    assert (last["outside_area"], "grid" in last, last["location"]["address"]) == (True, False, "新址107.9")


async def test_the_area_follows_the_county(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, service: Service
) -> None:
    far = {"lon": 108.05, "lat": 26.55}
    before = await filed(client, as_(Role.CITIZEN), location=far)
    await hear(engine, service, grid_event("new", [108.0, 26.5]))
    grown = await filed(client, as_(Role.CITIZEN), location=far)
    await hear(engine, service, grid_event("new", [108.0, 26.5], 3, removed=True), grid_event("new", WEST, 2))
    shrunk = await filed(client, as_(Role.CITIZEN), location=far)
    outside = await listed(client, as_(Role.OPERATOR), "outside_area=true")
    assert [each in outside for each in (before, grown, shrunk)] == [True, False, True]
    elsewhere = as_(Role.CITIZEN, tenant="110101")
    assert await filed(client, elsewhere, location=far) not in await listed(
        client, as_(Role.OPERATOR, tenant="110101"), "outside_area=true"
    )


EDGE = {"lon": -180, "lat": 0, "crs": "BD09"}


@pytest.mark.parametrize("place", [EDGE, {"lon": 0, "lat": -90, "crs": "BD09", "address": "极点"}])
async def test_a_point_beyond_the_edge_of_the_earth_is_no_place(
    client: httpx.AsyncClient, as_: As, place: dict[str, Any]
) -> None:
    citizen, there = as_(Role.CITIZEN), {"location": place}
    refused = [await client.post(path, json=report(**there), headers=citizen) for path in ("/complaints", "/drafts")]
    path = f"/complaints/{await filed(client, citizen)}/supplements"
    refused.append(await client.post(path, json={"text": "在门口", **there}, headers=citizen))
    refused.append(await client.post("/similar", json={"description": "路灯不亮", **there}, headers=citizen))
    assert [errors_of(each) for each in refused] == [[("/location", "no-place-on-earth")]] * 4
    items = [report(), report(**there), report()]
    for query, good in (("", 201), ("?dry_run=true", 200)):
        batch = await client.post(f"/complaints/batch{query}", json={"items": items}, headers=citizen)
        assert [each["status"] for each in batch.json()["items"]] == [good, 422, good]
    beside = await filed(client, citizen, location={"lon": 180, "lat": 90, "crs": "BD09"})
    assert (await client.get(f"/complaints/{beside}", headers=citizen)).json()["location"]["lon"] < 180


@pytest.mark.parametrize("address", ["  ", "\u3000\u200b"])
async def test_a_blank_address_is_no_place(client: httpx.AsyncClient, as_: As, address: str) -> None:
    citizen, blank = as_(Role.CITIZEN), {"location": {"address": address}}
    refused = [await client.post(path, json=report(**blank), headers=citizen) for path in ("/complaints", "/drafts")]
    path = f"/complaints/{await filed(client, citizen)}/supplements"
    refused.append(await client.post(path, json={"text": "在门口", **blank}, headers=citizen))
    assert [errors_of(each) for each in refused] == [[("/location", "no-place")]] * 3
    unsaid = await client.post("/complaints", json=report(description=address), headers=citizen)
    assert [code for _, code in errors_of(unsaid)] == ["blank-description"]


@pytest.mark.parametrize("blank", ["  ", "\u3000\u200b"])
async def test_a_blank_address_beside_a_point_is_none_and_the_address_that_is_known_stays(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, blank: str
) -> None:
    citizen, place = as_(Role.CITIZEN), {"lon": 107.05, "lat": 26.55, "address": blank}
    batch = await client.post("/complaints/batch", json={"items": [report(location=place)]}, headers=citizen)
    draft = (await client.post("/drafts", json=report(location=place), headers=citizen)).json()["id"]
    submitted = await client.post(f"/drafts/{draft}/submission", headers=citizen)
    ids = [
        batch.json()["items"][0]["complaint"]["id"],
        submitted.json()["id"],
        await filed(client, citizen, location=place),
    ]
    for each in ids:
        view = (await client.get(f"/complaints/{each}", headers=citizen)).json()
        assert view["location"]["address"] is None
        assert "address" not in (await told(engine, each))[0]["location"]
    known = await filed(client, citizen, location={"address": "新贵社区5号"})
    moved = await client.post(f"/complaints/{known}/location", json=place, headers=as_(Role.OPERATOR))
    assert moved.json()["location"]["address"] == "新贵社区5号"
    assert (await told(engine, known))[-1]["location"]["address"] == "新贵社区5号"


async def test_what_cannot_be_located_is_refused(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    operator = as_(Role.OPERATOR)
    complaint = await filed(client, as_(Role.CITIZEN), location={"address": "某处"})
    path, good = f"/complaints/{complaint}/location", {"lon": 107.05, "lat": 26.55}
    for body, code in (
        ({"address": "某处"}, "coordinates-needed"),
        ({"lon": 107.05}, "half-a-point"),
        ({}, "no-place"),
        ({**good, "lat": 91}, "less_than_equal"),
        (EDGE, "no-place-on-earth"),
    ):
        answer = await client.post(path, json=body, headers=operator)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    stale = await client.post(path, json=good, headers={**operator, "If-Match": '"9"'})
    assert stale.status_code == 412
    for headers in (as_(Role.CITIZEN), as_(Role.OFFICER), as_(Role.PARTNER)):
        assert (await client.post(path, json=good, headers=headers)).status_code == 403
    foreign = await client.post(path, json=good, headers=as_(Role.OPERATOR, tenant="110101"))
    assert foreign.status_code == 404
    async with engine.begin() as connection:
        ended = sa.text("UPDATE complaint SET status = 'closed' WHERE id = :id")
        await connection.execute(ended, {"id": complaint})
    late = await client.post(path, json=good, headers=operator)
    assert (late.status_code, late.json()["present"]["status"]) == (409, "closed")
    assert len(await told(engine, complaint)) == 1
