"""A county's grids are drawn anew over REST."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dispatch.world import NEIGHBOUR, TOWN, World, received

GRIDS = "/dispatch/v1/grids"


async def the_map(world: World) -> dict[str, Any]:
    """Return the grids in force as GeoJSON, as anybody can save and send back."""
    found: dict[str, Any] = (await world.send("GET", f"{GRIDS}?limit=200", role="dispatcher")).json()
    return found


async def draw(world: World, collection: object, query: str = "", **options: Any) -> Any:
    return await world.send("PUT", f"{GRIDS}{query}", role="admin", json=collection, **options)


async def test_what_was_read_can_be_put_and_changes_nothing(world: World) -> None:
    before = await the_map(world)

    response = await draw(world, before)

    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["created"], answer["changed"], answer["retired"]) == ([], [], [])
    assert len(answer["unchanged"]) == 15
    assert answer["findings"] == []
    assert await the_map(world) == before


async def test_a_redrawn_grid_gets_a_version_and_open_cases_keep_theirs(world: World) -> None:
    old = received(TOWN)
    await world.deliver(old)
    wanted = await the_map(world)
    town = next(each for each in wanted["features"] if each["id"] == "grid-08")
    town["properties"]["team"] = "team-01"

    response = await draw(world, wanted)
    new = received(TOWN)
    await world.deliver(new)

    assert response.json()["changed"] == ["grid-08"]
    assert response.headers["ETag"] == f'"{response.json()["version"]}"'
    assert [(row["team"], row["grid_version"]) for row in (await world.row(old), await world.row(new))] == [
        ("team-08", 1),
        ("team-01", 2),
    ]
    history = (await world.send("GET", f"{GRIDS}/grid-08/versions", role="officer")).json()["features"]
    assert [each["properties"]["version"] for each in history] == [2, 1]
    assert [each["properties"]["in_force"] for each in history] == [True, False]
    assert history[0]["properties"]["since"] == history[1]["properties"]["until"] is not None
    assert history[0]["properties"]["generated"] is False


async def test_a_grid_that_is_left_out_goes_and_may_come_again(world: World) -> None:
    whole = await the_map(world)
    less = {**whole, "features": [each for each in whole["features"] if each["id"] != "grid-03"]}

    gone = await draw(world, less)
    back = await draw(world, whole)

    assert (gone.json()["retired"], len(gone.json()["unchanged"])) == (["grid-03"], 14)
    assert back.json()["created"] == ["grid-03"]
    history = (await world.send("GET", f"{GRIDS}/grid-03/versions", role="officer")).json()["features"]
    assert [each["properties"]["version"] for each in history] == [2, 1]


async def test_a_dry_run_tells_and_changes_nothing(world: World) -> None:
    before = await the_map(world)
    wanted = copy.deepcopy(before)
    wanted["features"].pop(0)

    response = await draw(world, wanted, "?dry_run=true")

    assert (response.json()["dry_run"], response.json()["retired"]) == (True, ["grid-01"])
    assert await the_map(world) == before


async def test_overlaps_gaps_and_turned_rings_are_told_with_their_places(world: World) -> None:
    whole = await the_map(world)
    wanted = copy.deepcopy(whole)
    middle = next(each for each in wanted["features"] if each["id"] == "grid-08")
    neighbour = next(each for each in wanted["features"] if each["id"] == "grid-07")
    middle["geometry"]["coordinates"] = neighbour["geometry"]["coordinates"]
    wanted["features"][0]["geometry"]["coordinates"][0].reverse()

    findings = (await draw(world, wanted, "?dry_run=true")).json()["findings"]

    kinds = {finding["kind"]: finding for finding in findings}
    assert set(kinds) == {"overlap", "gap", "ring_turned"}
    assert kinds["overlap"]["grids"] == ["grid-07", "grid-08"]
    assert kinds["gap"]["square_metres"] > 1e6
    assert kinds["ring_turned"]["grids"] == ["grid-01"]
    assert all(107 < finding["lon"] < 108 and 26 < finding["lat"] < 27 for finding in findings)


def _crossed(collection: dict[str, Any]) -> None:
    ring = collection["features"][2]["geometry"]["coordinates"][0]
    ring[1], ring[20] = ring[20], ring[1]


def _inside_out(collection: dict[str, Any]) -> None:
    """Give a grid the shape of another one for a hole."""
    elsewhere = collection["features"][9]["geometry"]["coordinates"][0]
    collection["features"][2]["geometry"]["coordinates"].append(elsewhere)


def _too_detailed(collection: dict[str, Any]) -> None:
    """Put very many positions on the first side of a grid."""
    ring = collection["features"][2]["geometry"]["coordinates"][0]
    (lon, lat), (to_lon, to_lat), *_ = ring
    parts = [part / 16_000 for part in range(1, 16_000)]
    ring[1:1] = [[lon + (to_lon - lon) * part, lat + (to_lat - lat) * part] for part in parts]


def _open(collection: dict[str, Any]) -> None:
    collection["features"][0]["geometry"]["coordinates"][0].pop()


def _swapped(collection: dict[str, Any]) -> None:
    ring = collection["features"][1]["geometry"]["coordinates"][0]
    ring[:] = [[lat, lon] for lon, lat in ring]


@pytest.mark.parametrize(
    ("spoil", "pointer", "code"),
    [
        (_crossed, "/features/2/geometry", "shape-self-intersecting"),
        (_inside_out, "/features/2/geometry", "shape-inside-out"),
        (_too_detailed, "/features/2/geometry", "shape-too-detailed"),
        (_open, "/features/0/geometry/Polygon/coordinates/0", "ring_open"),
        (_swapped, "/features/1/geometry/Polygon/coordinates/0", "ring_not_in_degrees"),
        (lambda c: c["features"].append(c["features"][4]), "/features/4/properties/code", "duplicate-code"),
        (
            lambda c: c["features"][3]["properties"].update(community="nowhere"),
            "/features/3/properties/community",
            "unknown-community",
        ),
        (lambda c: c["features"][3]["properties"].update(team="nobody"), "/features/3/properties/team", "unknown-team"),
        (lambda c: c.update(crs={"type": "name", "properties": {"name": "EPSG:4490"}}), "/crs", "crs_unsupported"),
        (lambda c: c["features"][0].update(geometry={"type": "Point", "coordinates": [1, 2]}), None, None),
        (lambda c: c["features"][0]["properties"].update(code=""), "/features/0/properties/code", None),
    ],
)
async def test_a_map_that_cannot_be_is_refused_whole(
    world: World, spoil: Callable[[dict[str, Any]], object], pointer: str | None, code: str | None
) -> None:
    before = await the_map(world)
    wanted = copy.deepcopy(before)
    spoil(wanted)

    response = await draw(world, wanted)

    assert response.status_code == 422, response.text
    error = response.json()["errors"][0]
    assert pointer is None or error["pointer"] == pointer
    assert code is None or error["code"] == code
    assert "{" not in error["message"]
    assert await the_map(world) == before


async def test_a_flaw_is_told_with_its_place_in_both_languages(world: World) -> None:
    wanted = await the_map(world)
    _crossed(wanted)

    english = (await draw(world, wanted)).json()["errors"][0]["message"]
    chinese = (await draw(world, wanted, headers={"Accept-Language": "zh"})).json()["errors"][0]["message"]

    assert "crosses itself at longitude 107." in english
    assert "经度 107." in chinese


async def test_who_saw_an_older_map_is_told(world: World) -> None:
    version = (await draw(world, await the_map(world))).json()["version"]

    late = await draw(world, await the_map(world), headers={"If-Match": f'"{version - 1}"'})
    in_time = await draw(world, await the_map(world), headers={"If-Match": f'"{version}"'})

    assert (late.status_code, in_time.status_code) == (412, 200)
    assert late.json()["current_etag"] == f'"{version}"'


async def test_only_admins_draw_and_only_their_own_county(world: World) -> None:
    whole = await the_map(world)

    refused = await world.send("PUT", GRIDS, role="dispatcher", json=whole)
    neighbour = await draw(world, whole, tenant=NEIGHBOUR)
    unknown = await world.send("GET", f"{GRIDS}/grid-08/versions", role="officer", tenant=NEIGHBOUR)

    assert refused.status_code == 403
    assert neighbour.status_code == 422  # the communities and teams are not theirs
    assert unknown.status_code == 404
    assert await the_map(world) == whole
