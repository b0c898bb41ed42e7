"""Communities, teams and posts are kept over REST."""

from typing import Any

import pytest

from dispatch.world import FAR_AWAY, NEIGHBOUR, TOWN, World, received

TEAM: dict[str, Any] = {
    "name": "夜市专班",
    "community": None,
    "members": [{"subject": "officer-night", "role": "leader"}],
}
POST = {
    "name": "夜市疏导点",
    "kind": "guide_point",
    "community": "community-01",
    "grid": "grid-01",
    "lon": 107.2,
    "lat": 26.6,
}


async def put(world: World, path: str, body: object, **options: Any) -> Any:
    return await world.send("PUT", f"/dispatch/v1/{path}", role="admin", json=body, **options)


async def remove(world: World, path: str, **options: Any) -> Any:
    return await world.send("DELETE", f"/dispatch/v1/{path}", role="admin", **options)


async def the(world: World, kind: str, code: str) -> Any:
    items = (await world.send("GET", f"/dispatch/v1/{kind}?limit=200", role="officer")).json()["items"]
    return next((item for item in items if item["code"] == code), None)


async def test_a_community_comes_changes_and_goes(world: World) -> None:
    new = await put(world, "communities/hill", {"name": "山坡社区", "sub_district": "金南街道"})
    changed = await put(world, "communities/hill", {"name": "山顶社区", "sub_district": "金南街道"})
    there = await the(world, "communities", "hill")
    gone = await remove(world, "communities/hill")

    assert [answer.status_code for answer in (new, changed, gone)] == [201, 200, 204]
    assert (
        there
        == changed.json()
        == {
            "code": "hill",
            "name": "山顶社区",
            "sub_district": "金南街道",
            "generated": False,
        }
    )
    assert int(changed.headers["ETag"].strip('"')) > int(new.headers["ETag"].strip('"'))
    assert await the(world, "communities", "hill") is None
    assert (await remove(world, "communities/hill")).status_code == 404


async def test_a_new_team_can_be_given_cases_and_stays_while_it_has_them(world: World) -> None:
    await put(world, "teams/night", TEAM)
    case = received(TOWN)
    await world.deliver(case)

    assigned = await world.act(case, "assign", {"team": "night"}, role="dispatcher")
    accepted = await world.act(case, "accept", role="officer", subject="officer-night")
    kept = await remove(world, "teams/night")

    assert (assigned.status_code, accepted.status_code) == (200, 200)
    assert (kept.status_code, kept.json()["type"]) == (409, "urn:jieban:problem:place-in-use")
    assert (await the(world, "teams", "night"))["members"] == TEAM["members"]


async def test_who_is_not_named_is_no_member_any_more(world: World) -> None:
    await put(world, "teams/morning", TEAM)
    members = [{"subject": "officer-new", "role": "community_worker"}]

    response = await put(world, "teams/morning", {**TEAM, "members": members})
    removed = await remove(world, "teams/morning")

    assert response.json()["members"] == members
    assert removed.status_code == 204
    assert await the(world, "teams", "morning") is None


async def test_a_post_in_the_datum_of_a_chinese_map_is_kept_in_wgs84(world: World) -> None:
    response = await put(world, "posts/market", {**POST, "crs": "GCJ02"})

    post = response.json()
    assert response.status_code == 201
    assert 0.001 < abs(post["lon"] - 107.2) < 0.01
    assert {**await the(world, "posts", "market"), "findings": post["findings"]} == post
    assert (await remove(world, "posts/market")).status_code == 204


async def test_a_post_beside_its_grid_is_kept_and_told(world: World) -> None:
    in_town = {**POST, "community": "community-08", "grid": "grid-08", "lon": TOWN[0], "lat": TOWN[1]}
    inside = (await put(world, "posts/town", in_town)).json()
    beside = (await put(world, "posts/town", {**in_town, "lon": TOWN[0] + 0.3})).json()
    no_grid = (await put(world, "posts/town", {**in_town, "lon": TOWN[0] + 0.3, "grid": None})).json()
    await remove(world, "posts/town")

    assert (inside["findings"], no_grid["findings"]) == ([], [])
    [finding] = beside["findings"]
    metres = finding.pop("metres")
    assert finding == {"kind": "outside_grid", "post": "town", "grid": "grid-08", "lon": TOWN[0] + 0.3, "lat": TOWN[1]}
    assert 1_000 < metres < 30_000


async def test_a_county_without_grids_has_no_bounds_for_posts(world: World) -> None:
    await put(world, "communities/new", {"name": "新社区", "sub_district": "街道"}, tenant=NEIGHBOUR)
    far = {"name": "点", "kind": "post", "community": "new", "lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}
    kept = await put(world, "posts/first", far, tenant=NEIGHBOUR)
    for path in ("posts/first", "communities/new"):
        await remove(world, path, tenant=NEIGHBOUR)
    assert kept.status_code == 201, kept.text


@pytest.mark.parametrize("path", ["communities/community-01", "teams/team-01", "teams/duty-desk"])
async def test_what_is_in_use_stays(world: World, path: str) -> None:
    kind, code = path.split("/")
    before = await the(world, kind, code)

    response = await remove(world, path)

    assert (response.status_code, response.json()["type"]) == (409, "urn:jieban:problem:place-in-use")
    assert await the(world, kind, code) == before


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("posts/p", {**POST, "community": "nowhere"}, "/community", "unknown-community"),
        ("posts/p", {**POST, "grid": "nowhere"}, "/grid", "unknown-grid"),
        ("posts/p", {**POST, "kind": "castle"}, "/kind", None),
        ("posts/p", {**POST, "lon": 181}, "/lon", None),
        ("posts/p", {**POST, "lon": -180, "crs": "BD09"}, None, "no-place-on-earth"),
        ("posts/p", {**POST, "lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}, "/lon", "position-far-away"),
        ("posts/p", {**POST, "community": "community-02"}, "/grid", "grid-elsewhere"),
        ("teams/t", {**TEAM, "community": "nowhere"}, "/community", "unknown-community"),
        ("teams/t", {**TEAM, "members": TEAM["members"] * 2}, "/members", "member_twice"),
        ("communities/c", {"name": "", "sub_district": "x"}, "/name", None),
        ("communities/C!", {"name": "x", "sub_district": "x"}, "path/code", None),
        ("communities/c", {"name": "x\x00", "sub_district": "x"}, None, None),
    ],
)
async def test_what_cannot_be_is_refused(
    world: World, path: str, body: object, pointer: str | None, code: str | None
) -> None:
    response = await put(world, path, body)

    assert response.status_code in {400, 422}, response.text
    errors = response.json().get("errors") or [{}]
    assert pointer is None or errors[0]["pointer"] == pointer
    assert code is None or errors[0]["code"] == code


async def test_places_are_kept_by_admins_of_their_county(world: World) -> None:
    officer = await world.send("PUT", "/dispatch/v1/posts/p", role="officer", json=POST)
    neighbour = await put(world, "posts/p", POST, tenant=NEIGHBOUR)
    foreign = await remove(world, "posts/post-0101", tenant=NEIGHBOUR)
    late = await put(world, "posts/p", POST, headers={"If-Match": '"0"'})

    assert [answer.status_code for answer in (officer, neighbour, foreign, late)] == [403, 422, 404, 412]
    assert await the(world, "posts", "p") is None
    assert await the(world, "posts", "post-0101") is not None
