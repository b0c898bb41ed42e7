"""Hot spots and their rules over REST."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import STAFF, Role
from ledger.conftest import As, Enter, Headers
from ledger.county import LAMPS, County
from runtime.ids import uuid7

TENANT = "t-rest"
RULES: dict[str, Any] = {
    "window_days": 7,
    "baseline_days": 56,
    "levels": [{"level": 2, "min_count": 5, "min_reporters": 3, "significance": 0.01}],
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def county(engine: AsyncEngine, enter: Enter) -> County:
    """A county with a hot spot that is over and was told of three times, and two that are live."""
    made = County(engine, enter, TENANT)
    await made.past()
    await made.burst(8)
    await made.look()
    await made.burst(4)
    await made.look(hours=1)
    await made.look(hours=24 * 10)
    made.now += timedelta(days=10)
    await made.burst(9, east=-900, north=0, category="noise.night")
    await made.burst(9, east=0, north=900, category="street_order.parking")
    assert len(await made.look(hours=1)) == 2
    return made


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant=TENANT)


async def listed(client: httpx.AsyncClient, headers: Headers, query: str = "") -> list[Any]:
    answer = await client.get(f"/hotspots?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_hot_spots_are_listed_the_newest_first(
    county: County, client: httpx.AsyncClient, analyst: Headers
) -> None:
    found = await listed(client, analyst)
    assert [each["state"] for each in found] == ["live", "live", "ended"]
    assert [each["id"] for each in found] == sorted((each["id"] for each in found), reverse=True)
    over = found[2]
    assert (over["category"], over["version"], over["ending"], over["merged_into"]) == (LAMPS, 3, "cooled", None)
    assert (over["community"], over["grid"]) == ("fulai", "grid-01")
    assert over["count"] > over["expected"]
    assert over["score"] > 3
    assert 0 < over["radius_metres"] < 300
    assert over["centre"]["crs"] == "WGS84"
    assert len(over["evidence"]) <= 20


@pytest.mark.parametrize(
    ("query", "categories"),
    [
        ("state=live", {"noise.night", "street_order.parking"}),
        ("state=ended", {LAMPS}),
        ("category=noise", {"noise.night"}),
        ("category=noise.night", {"noise.night"}),
        ("category=noise.nigh", set()),
        ("category=n_ise", set()),
        ("community=fulai&state=live", {"noise.night", "street_order.parking"}),
        ("community=elsewhere", set()),
        ("grid=grid-01&state=ended", {LAMPS}),
        ("bbox=107.2,26.5,107.23,26.7", {"noise.night"}),
        ("active_to=2026-03-03T00:00:00Z", {LAMPS}),
        ("active_from=2026-03-05T00:00:00Z", {"noise.night", "street_order.parking"}),
    ],
)
async def test_a_list_is_narrowed_down(
    county: County, client: httpx.AsyncClient, analyst: Headers, query: str, categories: set[str]
) -> None:
    assert {each["category"] for each in await listed(client, analyst, query)} == categories


async def test_pages_follow_each_other(county: County, client: httpx.AsyncClient, analyst: Headers) -> None:
    seen, path = [], "/hotspots?limit=1"
    while path:
        answer = await client.get(path, headers=analyst)
        seen += [each["id"] for each in answer.json()["items"]]
        link = re.match(r"</ledger/v1(.*)>; rel=\"next\"", answer.headers.get("Link", ""))
        path = link[1] if link else ""
    assert seen == [each["id"] for each in await listed(client, analyst)]


async def test_a_map_is_drawn_from_geojson(county: County, client: httpx.AsyncClient, analyst: Headers) -> None:
    answer = await client.get("/hotspots?format=geojson&state=live&limit=1", headers=analyst)
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert 'rel="next"' in answer.headers["Link"]
    drawn = answer.json()
    [feature] = drawn["features"]
    [first, _] = await listed(client, analyst, "state=live")
    assert (drawn["type"], feature["type"], feature["id"]) == ("FeatureCollection", "Feature", first["id"])
    assert feature["geometry"] == {"type": "Point", "coordinates": [first["centre"]["lon"], first["centre"]["lat"]]}
    assert feature["properties"] == {name: value for name, value in first.items() if name != "centre"}


async def test_one_is_shown_with_its_history(county: County, client: httpx.AsyncClient, analyst: Headers) -> None:
    [over] = await listed(client, analyst, "state=ended")
    answer = await client.get(f"/hotspots/{over['id']}", headers=analyst)
    shown = answer.json()
    assert answer.headers["ETag"] == '"3"'
    assert [(each["version"], each["state"]) for each in shown["history"]] == [(3, "ended"), (2, "live"), (1, "live")]
    assert shown["history"][1]["count"] > shown["history"][2]["count"]
    assert datetime.fromisoformat(shown["history"][0]["at"]) == datetime.fromisoformat(shown["ended_at"])
    assert {name: value for name, value in shown.items() if name != "history"} == over


async def test_who_may_read(county: County, client: httpx.AsyncClient, as_: As) -> None:
    for role in Role:
        headers = as_(role, tenant=TENANT)
        expected = 200 if role in STAFF else 403
        assert (await client.get("/hotspots", headers=headers)).status_code == expected
        assert (await client.get("/hotspot-rules", headers=headers)).status_code == expected
    [stranger] = [as_(Role.ANALYST, tenant="t-elsewhere")]
    assert await listed(client, stranger) == []
    known = (await listed(client, as_(Role.ANALYST, tenant=TENANT)))[0]["id"]
    for path in (f"/hotspots/{known}", f"/hotspots/{uuid7()}"):
        answer = await client.get(path, headers=stranger)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "hotspot-not-found")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=cold", "enum"),
        ("bbox=1,2,3", "bbox-invalid"),
        ("active_from=2026-03-05T00:00:00Z&active_to=2026-03-04T00:00:00Z", "period-reversed"),
        ("active_from=yesterday", "instant_invalid"),
        ("format=kml", "literal_error"),
        ("limit=201", "less_than_equal"),
    ],
)
async def test_bad_questions_are_refused(client: httpx.AsyncClient, analyst: Headers, query: str, code: str) -> None:
    answer = await client.get(f"/hotspots?{query}", headers=analyst)
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


async def test_rules_are_replaced_by_whoever_saw_the_present_ones(client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant="t-rules")
    shipped = await client.get("/hotspot-rules", headers=admin)
    assert (shipped.headers["ETag"], shipped.json()["shipped"]) == ('"0"', True)
    changed = await client.put("/hotspot-rules", headers=admin | {"If-Match": '"0"'}, json=RULES)
    assert (changed.status_code, changed.headers["ETag"], changed.json()["changed_by"]) == (200, '"1"', "admin-1")
    assert (await client.put("/hotspot-rules", headers=admin | {"If-Match": '"0"'}, json=RULES)).status_code == 412
    now = (await client.get("/hotspot-rules", headers=admin)).json()
    assert {name: now[name] for name in RULES} == RULES
    assert (await client.get("/hotspot-rules", headers=as_(Role.ADMIN, tenant="t-other"))).json()["shipped"]
    supervisor = as_(Role.SUPERVISOR, tenant="t-rules")
    assert (await client.put("/hotspot-rules", headers=supervisor, json=RULES)).status_code == 403


async def test_rules_decide_what_is_found(
    engine: AsyncEngine, enter: Enter, client: httpx.AsyncClient, as_: As
) -> None:
    county = County(engine, enter, "t-decide")
    admin = as_(Role.ADMIN, tenant=county.tenant)
    await county.past()
    await county.burst(9)
    strict = RULES | {"levels": [RULES["levels"][0] | {"min_count": 50}]}
    await client.put("/hotspot-rules", headers=admin, json=strict)
    assert await county.look() == []
    await client.put("/hotspot-rules", headers=admin, json=RULES)
    assert len(await county.look(hours=1)) == 1


LEVEL = RULES["levels"][0]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"window_days": 29}, "/window_days", "less_than_equal"),
        ({"window_days": "7"}, "/window_days", "int_type"),
        ({"baseline_days": 13}, "/baseline_days", "hotspot-baseline-short"),
        ({"levels": []}, "/levels", "too_short"),
        ({"levels": [LEVEL, LEVEL]}, "/levels/1/level", "hotspot-level-twice"),
        ({"levels": [LEVEL | {"min_reporters": 6}]}, "/levels/0/min_reporters", "hotspot-reporters-over-count"),
        ({"levels": [LEVEL | {"significance": 0}]}, "/levels/0/significance", "greater_than"),
        ({"levels": [LEVEL | {"level": 4}]}, "/levels/0/level", "less_than_equal"),
        ({"radius": 3}, "/radius", "extra_forbidden"),
    ],
)
async def test_bad_rules_are_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, object], pointer: str, code: str
) -> None:
    answer = await client.put("/hotspot-rules", headers=as_(Role.ADMIN, tenant="t-bad"), json=RULES | changes)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]
