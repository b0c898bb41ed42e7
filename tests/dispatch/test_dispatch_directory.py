"""What a county has is told on the directory's topic, in the transaction that changes it."""

import asyncio
import copy
from typing import Any

from contracts.directory import CONFIGURED, DirectoryEvent, DirectoryKind
from dispatch.directory import get, put, remove, told
from dispatch.world import NEIGHBOUR, TENANT, World
from dispatch_service.service.directory import DUTY, SORTS

COMMUNITY = {"name": "山坡社区", "sub_district": "金南街道"}


async def _map(world: World) -> Any:
    return (await get(world, "grids?limit=200")).json()


async def test_the_demo_county_is_told_when_it_is_loaded(world: World) -> None:
    [grid] = await told(world, "grid", "grid-08")
    [team] = await told(world, "team", "team-08")
    [desk] = await told(world, "team", "duty-desk")

    assert (grid["sequence"], grid["community"], grid["team"], grid["version"]) == (1, "community-08", "team-08", 1)
    assert grid["generated"] is True
    assert all(107 < lon < 108 and 26 < lat < 27 for lon, lat in grid["area"]["coordinates"][0][0])
    assert len(team["members"]) == 6
    assert desk["members"] == [{"subject": "officer-demo", "role": "mobile"}]


async def test_a_community_a_team_and_a_post_are_told_as_they_are_and_as_they_were(world: World) -> None:
    await put(world, "communities/hill", COMMUNITY)
    team = {"name": "山坡网格队", "community": "hill", "members": [{"subject": "officer-7", "role": "leader"}]}
    await put(world, "teams/hill", team)
    post = {"name": "山门岗亭", "kind": "kiosk", "community": "hill", "lon": 107.2371, "lat": 26.5789}
    await put(world, "posts/gate", post)
    for path in ("posts/gate", "teams/hill", "communities/hill"):
        assert (await remove(world, path)).status_code == 204

    things: list[tuple[DirectoryKind, str, dict[str, Any]]] = [
        ("community", "hill", COMMUNITY), ("team", "hill", team), ("post", "gate", post),
    ]  # fmt: skip
    for kind, code, facts in things:
        there, gone = await told(world, kind, code)
        assert {name: there[name] for name in facts} == facts
        assert {name: gone[name] for name in facts} == facts
        assert [(each["sequence"], each["removed"]) for each in (there, gone)] == [(1, False), (2, True)]


async def test_shifts_departments_and_the_make_up_of_teams_are_told_too(world: World) -> None:
    [demo] = await told(world, "shift", "morning")
    assert (demo["name"], demo["begins"], demo["ends"], demo["generated"]) == ("早班", "06:30", "11:30", True)

    await put(world, "shifts/night", {"name": "夜班", "begins": "22:00", "ends": "06:00"})
    await put(world, "shifts/night", {"name": "夜班", "begins": "22:00:00", "ends": "06:30"})
    await put(world, "departments/housing", {"name": "住建局", "contact_system": "住建工单"})
    await put(world, "departments/housing", {"name": "住建局"})
    roles = {"leader": 1, "enforcement_assistant": 3, "community_worker": 1}
    await put(world, "team-pattern", {"roles": roles})
    for path in ("shifts/night", "departments/housing"):
        assert (await remove(world, path)).status_code == 204
    assert (await remove(world, "shifts/night")).status_code == 404

    night = await told(world, "shift", "night")
    housing = await told(world, "department", "housing")
    [pattern] = await told(world, "team_pattern", TENANT)
    assert [(each["sequence"], each["ends"], each["removed"]) for each in night] == [
        (1, "06:00", False),
        (2, "06:30", False),
        (3, "06:30", True),
    ]
    assert [(each.get("contact_system"), each["removed"]) for each in housing] == [
        ("住建工单", False),
        (None, False),
        (None, True),
    ]
    assert pattern["roles"] == roles


async def test_a_shift_is_changed_only_as_it_was_seen(world: World) -> None:
    body = {"name": "早班", "begins": "06:30", "ends": "11:30"}
    late = await put(world, "shifts/morning", body, headers={"If-Match": '"0"'})
    kept = await put(world, "shifts/morning", body)

    assert (late.status_code, kept.status_code) == (412, 200)
    assert kept.headers["ETag"]


async def test_what_was_refused_is_not_told(world: World) -> None:
    before = await told(world, "community", "community-02")
    assert (await remove(world, "communities/community-02")).status_code == 409
    assert (await remove(world, "teams/duty-desk")).status_code == 409
    late = await put(world, "communities/community-02", COMMUNITY, headers={"If-Match": '"0"'})

    assert late.status_code == 412
    assert await told(world, "community", "community-02") == before
    assert len(await told(world, "team", "duty-desk")) == 1


async def test_a_redrawn_and_a_retired_grid_are_told_and_those_that_stay_are_not(world: World) -> None:
    whole = await _map(world)
    wanted = copy.deepcopy(whole)
    wanted["features"] = [each for each in wanted["features"] if each["id"] != "grid-03"]
    wanted["features"][0]["properties"]["name"] = "新名"
    await put(world, "grids?dry_run=true", wanted)
    assert len(await told(world, "grid", "grid-01")) == 1

    await put(world, "grids", wanted)
    await put(world, "grids", whole)

    assert [(each["sequence"], each["version"], each["name"]) for each in await told(world, "grid", "grid-01")] == [
        (1, 1, "第1网格"),
        (2, 2, "新名"),
        (3, 3, "第1网格"),
    ]
    assert [(each["sequence"], each["removed"], each["version"]) for each in await told(world, "grid", "grid-03")] == [
        (1, False, 1),
        (2, True, 1),
        (3, False, 2),
    ]
    assert len(await told(world, "grid", "grid-05")) == 1


async def test_changes_at_once_are_told_one_after_the_other_without_a_gap(world: World) -> None:
    names = [f"社区{number}" for number in range(8)]
    await asyncio.gather(*(put(world, "communities/busy", {**COMMUNITY, "name": name}) for name in names))

    events = await told(world, "community", "busy")
    assert [each["sequence"] for each in events] == list(range(1, 9))
    [present] = [each for each in (await get(world, "communities?limit=200")).json()["items"] if each["code"] == "busy"]
    assert events[-1]["name"] == present["name"]


async def test_all_of_it_is_told_again(world: World) -> None:
    path = "/dispatch/v1/directory/republication"
    counted = await world.send("POST", f"{path}?dry_run=true", role="admin")
    before = await told(world, "grid", "grid-09")
    things: list[tuple[DirectoryKind, str]] = [("shift", "noon"), ("shift", "night"), ("team_pattern", TENANT)]
    counts = [len(await told(world, *thing)) for thing in things]
    again = await world.send("POST", path, role="admin")
    after = await told(world, "grid", "grid-09")

    assert counted.json() == again.json()
    assert again.json()["things"] >= 15 * 2 + 16 + 57 + 76
    assert [len(await told(world, *thing)) for thing in things] == [counts[0] + 1, counts[1], counts[2] + 1]
    assert after[:-1] == before
    assert after[-1]["sequence"] == before[-1]["sequence"] + 1
    assert after[-1]["payload"] == before[-1]["payload"]
    assert (await world.send("POST", path, role="dispatcher")).status_code == 403
    assert (await world.send("POST", path, role="admin", tenant=NEIGHBOUR)).json() == {"things": 0}


def test_every_sort_of_thing_has_its_event() -> None:
    assert {f"directory.{sort.kind}_changed" for sort in (*SORTS, DUTY)} == set(DirectoryEvent) - CONFIGURED
