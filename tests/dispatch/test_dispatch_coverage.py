"""The 15-minute circle over REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from dispatch.duties import plan
from dispatch.world import FAR_AWAY, NEIGHBOUR, TOWN, World, received
from runtime.clock import now

DAY = datetime(2031, 10, 6, tzinfo=UTC)
ON_DUTY = "at=2031-10-06T00:00:00Z"
"""08:00 in Shanghai: the morning shift."""

HERE = {"lon": TOWN[0], "lat": TOWN[1]}
FAR = {"lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}


async def ask(world: World, query: str = "", body: object = None, **options: Any) -> Any:
    method = "GET" if body is None else "POST"
    return await world.send(method, f"/dispatch/v1/coverage?{query}", role="dispatcher", json=body, **options)


async def test_only_posts_where_somebody_is_on_duty_count(world: World) -> None:
    day = DAY.date()
    duties = [{"day": str(day), "shift": "morning", "subject": "officer-0801", "post": "post-0801"}]
    await plan(world, "team-08", day, day, {"duties": duties})

    manned = (await ask(world, ON_DUTY)).json()
    at_night = (await ask(world, "at=2031-10-06T16:00:00Z")).json()
    every = (await ask(world, "on_duty=false")).json()

    assert [answer["summary"]["spots"] for answer in (manned, at_night, every)] == [1, 0, 57]
    assert at_night["summary"]["area_share"] == 0
    assert 0 < manned["summary"]["area_share"] < every["summary"]["area_share"] <= 1
    by_community = {each["community"]: each["area_share"] for each in manned["summary"]["communities"]}
    assert by_community["community-08"] > 0
    assert by_community["community-01"] == 0
    assert len(at_night["features"]) == 15


async def test_cases_within_a_walk_are_counted(world: World) -> None:
    await world.deliver(received(TOWN), received(TOWN), received(None))

    answer = (await ask(world, ON_DUTY, {"added": [HERE]})).json()

    assert answer["summary"]["cases_covered"] - answer["present"]["cases_covered"] >= 0
    assert answer["summary"]["cases_covered"] >= 2
    assert 0 < answer["summary"]["case_share"] <= 1
    long_ago = (
        f"from={(now() - timedelta(days=60)):%Y-%m-%dT%H:%M:%SZ}&to={(now() - timedelta(days=50)):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert (await ask(world, long_ago)).json()["summary"]["case_share"] is None


async def test_what_if_compares_with_how_it_is_and_changes_nothing(world: World) -> None:
    before = (await ask(world, "on_duty=false")).json()
    body = {
        "moved": {"post-0101": HERE},
        "removed": ["post-0102"],
        "added": [{"lon": 107.2, "lat": 26.6, "crs": "GCJ02"}],
    }

    answer = (await ask(world, "on_duty=false", body)).json()

    assert (answer["summary"]["spots"], answer["present"]["spots"]) == (57, 57)
    assert answer["summary"]["area_share"] != answer["present"]["area_share"]
    assert answer["present"] == before["summary"]
    assert (await ask(world, "on_duty=false")).json() == before


async def test_gaps_are_geojson_outside_of_every_circle(world: World) -> None:
    answer = (await ask(world, "on_duty=false&minutes=5")).json()
    posts = (await world.send("GET", "/dispatch/v1/posts?limit=200", role="officer")).json()["items"]

    gaps = shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in answer["features"]])

    assert answer["type"] == "FeatureCollection"
    assert gaps.is_valid
    assert not any(gaps.contains(shapely.Point(post["lon"], post["lat"])) for post in posts)
    assert answer["summary"]["reach_metres"] == round(5 / 60 * 4500 / 1.3)


@pytest.mark.parametrize(
    ("query", "body", "pointer"),
    [
        ("minutes=0", None, "query/minutes"),
        ("minutes=NaN", None, "query/minutes"),
        ("detour=0.9", None, "query/detour"),
        ("speed=inf", None, "query/speed"),
        ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", None, None),
        ("", {"removed": ["post-9999"]}, "/removed/0"),
        ("", {"moved": {"post-9999": {"lon": 1, "lat": 1}}}, "/moved/post-9999"),
        ("", {"added": [{"lon": 200, "lat": 1}]}, "/added/0/lon"),
    ],
)
async def test_a_question_that_cannot_be_is_refused(
    world: World, query: str, body: object, pointer: str | None
) -> None:
    response = await ask(world, query, body)

    assert response.status_code == 422, response.text
    assert pointer is None or response.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"moved": {"post-0101": FAR}}, "/moved/post-0101/lon", "position-far-away"),
        ({"added": [HERE, FAR]}, "/added/1/lon", "position-far-away"),
        ({"moved": {"post-0101": HERE}, "removed": ["post-0102", "post-0101"]}, "/removed/1", "moved-and-removed"),
    ],
)
@pytest.mark.parametrize("path", ["coverage", "coverage/day"])
async def test_a_change_that_cannot_be_is_refused_with_its_own_code(
    world: World, path: str, body: object, pointer: str, code: str
) -> None:
    response = await world.send("POST", f"/dispatch/v1/{path}", role="dispatcher", json=body)

    assert response.status_code == 422, response.text
    assert [(each["pointer"], each["code"]) for each in response.json()["errors"]] == [(pointer, code)]


async def test_a_county_without_grids_has_nothing_to_cover(world: World) -> None:
    response = await ask(world, tenant=NEIGHBOUR)

    assert (response.status_code, response.json()["type"]) == (409, "urn:jieban:problem:no-grids")
