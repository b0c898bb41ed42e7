from typing import Any

import pytest
import shapely

from contracts.roles import STAFF
from dispatch.world import World
from runtime.auth import access_table


async def get(world: World, path: str, **options: Any) -> Any:
    response = await world.send("GET", f"/dispatch/v1/{path}", role="officer", **options)
    assert response.status_code == 200, response.text
    return response.json()


async def test_communities_by_sub_district(world: World) -> None:
    every = (await get(world, "communities"))["items"]
    some = (await get(world, "communities?sub_district=宝山街道"))["items"]

    assert [item["code"] for item in every] == [f"community-{number:02}" for number in range(1, 16)]
    assert every[0] == {"code": "community-01", "name": "福来社区", "sub_district": "金南街道", "generated": False}
    assert {item["sub_district"] for item in some} == {"宝山街道"}
    assert 0 < len(some) < 15


async def test_grids_are_geojson_that_a_map_can_draw(world: World) -> None:
    collection = await get(world, "grids")

    assert (collection["type"], len(collection["features"])) == ("FeatureCollection", 15)
    feature = collection["features"][7]
    assert feature["properties"] == {
        "code": "grid-08",
        "version": 1,
        "name": "第8网格",
        "community": "community-08",
        "team": "team-08",
        "generated": True,
    }
    assert shapely.geometry.shape(feature["geometry"]).covers(shapely.Point(107.2357, 26.5807))
    assert [f["id"] for f in (await get(world, "grids?team=team-02"))["features"]] == ["grid-02"]


async def test_posts_by_kind_and_place(world: World) -> None:
    posts = (await get(world, "posts?limit=200"))["items"]
    stations = (await get(world, "posts?kind=liaison_station"))["items"]

    assert (len(posts), len(stations)) == (57, 15)
    assert {post["kind"] for post in (await get(world, "posts?grid=grid-01"))["items"]} == {"post", "liaison_station"}
    assert len((await get(world, "posts?community=community-01&kind=post"))["items"]) == 3


async def test_teams_with_their_members(world: World) -> None:
    teams = (await get(world, "teams"))["items"]

    assert [team["code"] for team in teams] == ["duty-desk", *(f"team-{number:02}" for number in range(1, 16))]
    assert [member["subject"] for member in teams[0]["members"]] == ["officer-demo"]
    assert [member["subject"] for member in teams[1]["members"]] == [
        "officer-0101",
        "officer-0102",
        "officer-0103",
        "officer-0104",
        "officer-0105",
        "officer-demo",
    ]


async def test_reference_lists_have_pages(world: World) -> None:
    response = await world.send("GET", "/dispatch/v1/posts?kind=post&limit=40", role="officer")
    rest = await world.send("GET", response.links["next"]["url"], role="officer")

    assert [len(page.json()["items"]) for page in (response, rest)] == [40, 2]
    assert "next" not in rest.links


@pytest.mark.parametrize("query", ["posts?kind=castle", "teams?community=", "grids?limit=x"])
async def test_a_bad_filter_is_named(world: World, query: str) -> None:
    response = await world.send("GET", f"/dispatch/v1/{query}", role="officer")

    assert response.status_code == 422


def test_every_route_says_who_may_call_it_and_citizens_and_partners_may_call_none(world: World) -> None:
    table = list(access_table(world.app))

    assert len(table) > 15
    assert [access for access in table if access.roles is None] == []
    assert [access for access in table if not access.is_public and not access.roles] == []
    assert [access for access in table if access.roles and not access.roles <= STAFF] == []


@pytest.mark.parametrize("role", ["citizen", "partner"])
async def test_who_is_no_staff_is_denied(world: World, role: str) -> None:
    event = await world.a_case()

    for path in ("cases", f"cases/{event.subject}", "teams", "grids", "posts", "communities", "parked"):
        assert (await world.send("GET", f"/dispatch/v1/{path}", role=role)).status_code == 403
    for action in ("assign", "accept", "start", "resolve"):
        assert (await world.act(event, action, {"team": "team-01"}, role=role)).status_code == 403


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("assign", STAFF - {"dispatcher", "supervisor"}),
        *((a, STAFF - {"officer"}) for a in ("accept", "start", "resolve")),
    ],
)
async def test_an_action_is_for_the_role_of_the_state_table(world: World, action: str, roles: frozenset[str]) -> None:
    event = await world.a_case()

    for role in sorted(roles):
        assert (await world.act(event, action, {"team": "team-01"}, role=role)).status_code == 403


async def test_without_a_token_nothing_is_shown(world: World) -> None:
    assert (await world.client.get("/dispatch/v1/cases")).status_code == 401
