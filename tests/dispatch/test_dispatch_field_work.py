"""Photos that a result needs, where a start is far, and the tenant's own rules for both."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import Event
from dispatch.asking import problem, shown
from dispatch.offline import codes, item, outcomes, sync
from dispatch.world import NEIGHBOUR, TENANT, TOWN, World, received
from dispatch_service.service.field_work import default

PATH = "/dispatch/v1/field-work"


async def started(world: World, category: str | None) -> Event:
    event = received(category=category)
    await world.deliver(event)
    for step in ("accept", "start"):
        assert (await world.act(event, step, role="officer")).status_code == 200
    return event


def photos(*roles: str) -> list[dict[str, str]]:
    return [{"id": str(uuid4()), "role": role} for role in roles]


async def resolve(world: World, event: Event, mode: str, *roles: str) -> Any:
    body = {"handling_mode": mode, "result": "已清理", "photos": photos(*roles)}
    return await world.act(event, "resolve", body, role="officer")


@pytest.mark.parametrize(
    ("category", "mode", "roles"),
    [
        ("city_appearance.litter", "on_site_rectification", ()),
        ("city_appearance.small_ads", "guidance", ("before", "near")),
        ("street_order.road_occupation", "on_site_rectification", ("before",)),
        ("unauthorised_building.structure", "case_filed", ("after",)),
    ],
)
async def test_a_result_without_its_photos_is_refused(
    world: World, category: str, mode: str, roles: tuple[str, ...]
) -> None:
    event = await started(world, category)
    refused = await resolve(world, event, mode, *roles)

    assert problem(refused) == (422, "photo-required")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [("/photos", "photo-required")]
    assert (await shown(world, event))["status"] == "in_progress"
    assert len(await world.published(event)) == 3
    assert (await resolve(world, event, mode, "before", "after")).status_code == 200
    assert (await world.published(event))[-1]["payload"]["photos_needed"] is True


@pytest.mark.parametrize(
    ("category", "mode"),
    [(None, "on_site_rectification"), ("street_order.parking", "guidance"), ("civility.dogs", "verbal_education")],
)
async def test_where_there_is_nothing_to_show_none_is_needed(world: World, category: str | None, mode: str) -> None:
    event = await started(world, category)
    assert (await resolve(world, event, mode)).status_code == 200
    assert (await world.published(event))[-1]["payload"]["photos_needed"] is False


async def test_photos_are_shown_with_their_roles_and_published_as_ids(world: World) -> None:
    event = await started(world, "city_appearance.litter")
    given = photos("before", "after", "near", "far", "reference")
    body = {"handling_mode": "on_site_rectification", "result": "已清理", "photos": given}
    answer = await world.act(event, "resolve", body, role="officer")

    assert answer.json()["photos"] == given
    told = (await world.published(event))[-1]["payload"]
    assert told["photos"] == [photo["id"] for photo in given]


async def test_bad_photos_are_named(world: World) -> None:
    event = await started(world, None)
    twice = photos("before")[0]
    for given, pointer in (
        ([twice, {**twice, "role": "after"}], "/photos"),
        (photos(*["after"] * 21), "/photos"),
        ([{"id": "photo.jpg", "role": "after"}], "/photos/0/id"),
        (photos("selfie"), "/photos/0/role"),
        ([{"id": str(uuid4())}], "/photos/0/role"),
        ("x", "/photos"),
    ):
        body = {"handling_mode": "guidance", "result": "x", "photos": given}
        answer = await world.act(event, "resolve", body, role="officer")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


async def start(world: World, at: tuple[float, float] | None, position: dict[str, Any], **more: Any) -> Any:
    event = await world.a_case("accept", at=at)
    return await world.act(event, "start", {"position": position, **more}, role="officer")


@pytest.mark.parametrize(
    ("shift", "metres", "far"), [(0.0, 0, False), (0.001, 99, False), (0.01, 994, True), (0.1, 9_942, True)]
)
async def test_a_start_far_from_the_complaint_is_marked(world: World, shift: float, metres: int, far: bool) -> None:
    case = (await start(world, TOWN, {"lon": TOWN[0] + shift, "lat": TOWN[1]})).json()
    assert case["start_distance_metres"] == pytest.approx(metres, abs=5)
    assert case["far_start"] is far


async def test_a_start_without_a_position_or_of_a_case_without_a_place_is_not_marked(world: World) -> None:
    event = await world.a_case("accept", "start")
    nowhere = (await start(world, None, {"lon": TOWN[0], "lat": TOWN[1]})).json()
    for case in (await shown(world, event), nowhere):
        assert (case["start_distance_metres"], case["far_start"]) == (None, False)


@pytest.mark.parametrize("at", [TOWN, None])
async def test_a_start_500_km_away_is_refused(world: World, at: tuple[float, float] | None) -> None:
    refused = await start(world, at, {"lon": TOWN[0] + 5, "lat": TOWN[1]})
    assert problem(refused) == (422, "position-far-away")
    assert refused.json()["errors"][0]["pointer"] == "/position"


@pytest.mark.parametrize("hours", [1.0, -24 * 3650])
async def test_a_start_in_the_future_or_before_the_receipt_has_its_code(world: World, hours: float) -> None:
    moment = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    refused = await start(world, TOWN, {"lon": TOWN[0], "lat": TOWN[1]}, started_at=moment)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["pointer"], error["code"]) == (422, "/started_at", "start-out-of-range")


async def test_what_is_shipped_is_shown_until_an_administrator_replaces_it(world: World) -> None:
    async def put(body: object, *, tenant: str = TENANT, role: str = "admin", **headers: str) -> Any:
        return await world.send("PUT", PATH, role=role, json=body, tenant=tenant, headers=headers)

    shipped = await world.send("GET", PATH, role="officer")
    own = {"far_start_metres": 50, "photos": [{"category": "city_appearance.litter", "roles": ["far"]}]}
    replaced = await put(own, **{"If-Match": shipped.headers["ETag"]})
    stale = await put(own, **{"If-Match": shipped.headers["ETag"]})
    event = await started(world, "city_appearance.small_ads")
    litter = await started(world, "city_appearance.litter")

    assert (shipped.json()["shipped"], shipped.json()["far_start_metres"]) == (True, 500)
    assert shipped.json()["photos"] == list(default()["photos"])
    assert (replaced.json()["shipped"], replaced.json()["changed_by"]) == (False, "admin-demo")
    assert replaced.json()["photos"] == [
        {"category": "city_appearance.litter", "handling_mode": None, "roles": ["far"]}
    ]
    assert problem(stale) == (412, "precondition-failed")
    assert (await resolve(world, event, "on_site_rectification")).status_code == 200
    assert problem(await resolve(world, litter, "guidance", "after")) == (422, "photo-required")
    assert (await start(world, TOWN, {"lon": TOWN[0] + 0.001, "lat": TOWN[1]})).json()["far_start"] is True
    theirs = await world.send("GET", PATH, role="officer", tenant=NEIGHBOUR)
    assert theirs.json()["shipped"] is True


async def test_a_start_without_a_position_is_refused_where_the_tenant_asks_for_one(world: World) -> None:
    async def ask(needed: bool) -> Any:
        body = {"far_start_metres": 500, "photos": [], "start_needs_position": needed}
        return await world.send("PUT", PATH, role="admin", json=body)

    before = (await world.send("GET", PATH, role="officer")).json()["start_needs_position"]
    assert (await ask(True)).json()["start_needs_position"] is True
    online, offline = [await world.a_case("accept") for _ in range(2)]
    refused = await world.act(online, "start", role="officer")
    results = await sync(world, item(offline, "start"))
    here = {"position": {"lon": TOWN[0], "lat": TOWN[1]}}
    good = await world.act(online, "start", here, role="officer")
    synced = await sync(world, item(offline, "start", body=here))
    await ask(False)
    free = await world.a_case("accept", "start")

    assert before is False
    assert problem(refused) == (422, "position-required")
    assert refused.json()["errors"][0]["pointer"] == "/position"
    assert (outcomes(results), codes(results)) == (["refused"], ["position-required"])
    assert results[0]["problem"]["errors"][0]["pointer"] == "/position"
    assert (good.status_code, outcomes(synced)) == (200, ["done"])
    assert (await shown(world, free))["status"] == "in_progress"


async def test_bad_rules_are_named(world: World) -> None:
    line = {"category": "safety", "roles": ["after"]}
    for body, pointer in (
        ({"far_start_metres": 50, "photos": [line, line]}, "/photos/1"),
        ({"far_start_metres": -1, "photos": []}, "/far_start_metres"),
        ({"far_start_metres": 1.5, "photos": []}, "/far_start_metres"),
        ({"far_start_metres": 50, "photos": [{**line, "roles": ["selfie"]}]}, "/photos/0/roles/0"),
        ({"far_start_metres": 50, "photos": [{**line, "category": "a..b"}]}, "/photos/0/category"),
        ({"far_start_metres": 50, "photos": [{**line, "handling_mode": "fine"}]}, "/photos/0/handling_mode"),
        ({"far_start_metres": 50}, "/photos"),
        ({"far_start_metres": 50, "photos": [], "start_needs_position": "sometimes"}, "/start_needs_position"),
    ):
        answer = await world.send("PUT", PATH, role="admin", json=body, tenant="bad")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    for role in ("dispatcher", "officer"):
        assert problem(await world.send("PUT", PATH, role=role, json={})) == (403, "access-denied")
