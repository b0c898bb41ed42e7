"""Officers with roles and skills, and the make-up of teams, are kept over REST."""

from typing import Any

import pytest

from dispatch.directory import get, put, remove, told
from dispatch.world import NEIGHBOUR, World

SMITH = {"roles": ["mediator", "attendant"], "skills": ["electric", "dog_handling"]}


async def test_an_officer_comes_changes_and_goes(world: World) -> None:
    new = await put(world, "officers/officer-new", SMITH)
    changed = await put(world, "officers/officer-new", {"roles": [], "skills": ["mediation"]})
    shown = await get(world, "officers/officer-new")
    gone = await remove(world, "officers/officer-new")
    missing = await get(world, "officers/officer-new")

    assert [answer.status_code for answer in (new, changed, shown, gone, missing)] == [201, 200, 200, 204, 404]
    assert new.json() == {
        "subject": "officer-new",
        "roles": ["attendant", "mediator"],
        "skills": ["dog_handling", "electric"],
        "teams": [],
        "generated": False,
    }
    assert shown.json() == changed.json()
    assert shown.headers["ETag"] == changed.headers["ETag"]
    assert missing.json()["type"] == "urn:jieban:problem:officer-not-found"
    assert (await remove(world, "officers/officer-new")).json()["type"] == "urn:jieban:problem:officer-not-found"


async def test_what_an_officer_can_do_is_told_with_a_count_that_goes_on_after_a_removal(world: World) -> None:
    await put(world, "officers/officer-told", SMITH)
    await put(world, "officers/officer-told", {"roles": [], "skills": ["mediation"]})
    await remove(world, "officers/officer-told")
    await put(world, "officers/officer-told", SMITH)

    events = await told(world, "officer", "officer-told")
    assert [(each["sequence"], each["removed"], each["skills"]) for each in events] == [
        (1, False, ["dog_handling", "electric"]),
        (2, False, ["mediation"]),
        (3, True, ["mediation"]),
        (4, False, ["dog_handling", "electric"]),
    ]


async def test_the_list_is_filtered_by_team_skill_and_role_and_has_pages(world: World) -> None:
    crew = (await get(world, "officers?team=team-03")).json()["items"]
    electric = (await get(world, "officers?team=team-03&skill=electric")).json()["items"]
    mediators = (await get(world, "officers?team=team-03&role=mediator")).json()["items"]

    assert len(crew) == 6
    assert all("team-03" in officer["teams"] for officer in crew)
    assert [officer["subject"] for officer in electric] == ["officer-0303", "officer-demo"]
    assert [officer["subject"] for officer in mediators] == ["officer-0301", "officer-0304", "officer-demo"]
    first = await get(world, "officers?limit=40")
    second = await world.client.get(
        first.links["next"]["url"], headers={"Authorization": first.request.headers["Authorization"]}
    )
    subjects = [officer["subject"] for page in (first, second) for officer in page.json()["items"]]
    assert subjects == sorted(set(subjects))
    assert len(subjects) >= 76


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"roles": ["hangman"]}, "/roles/0", "literal_error"),
        ({"roles": ["mediator", "mediator"]}, "/roles", "listed_twice"),
        ({"skills": ["Electric Work"]}, "/skills/0", "string_pattern_mismatch"),
        ({"skills": ["electric", "electric"]}, "/skills", "listed_twice"),
        ({"phone": "13800000000"}, "/phone", "extra_forbidden"),
    ],
)
async def test_what_no_officer_has_is_refused(world: World, body: Any, pointer: str, code: str) -> None:
    response = await put(world, "officers/officer-bad", body)

    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]
    assert await told(world, "officer", "officer-bad") == []


async def test_officers_are_kept_by_admins_of_their_county(world: World) -> None:
    officer = await world.send("PUT", "/dispatch/v1/officers/officer-x", role="dispatcher", json=SMITH)
    neighbour = await put(world, "officers/officer-x", SMITH, tenant=NEIGHBOUR)
    foreign = await get(world, "officers/officer-x")
    citizen = await world.send("GET", "/dispatch/v1/officers", role="citizen")
    late = await put(world, "officers/officer-y", SMITH, headers={"If-Match": '"0"'})

    assert [each.status_code for each in (officer, neighbour, foreign, citizen, late)] == [403, 201, 404, 403, 412]
    assert await told(world, "officer", "officer-x") == []
    assert len(await told(world, "officer", "officer-x", NEIGHBOUR)) == 1


async def test_teams_that_differ_from_the_pattern_are_told_and_not_refused(world: World) -> None:
    shown = (await get(world, "team-pattern")).json()
    team = {"name": "缺员网格队", "community": None, "members": [{"subject": "officer-1", "role": "community_worker"}]}
    lacking = await put(world, "teams/lacking", team)
    usual = {each["code"]: each for each in (await get(world, "teams?limit=200")).json()["items"]}

    assert shown == {"roles": {"leader": 1, "enforcement_assistant": 2, "community_worker": 2}}
    assert lacking.status_code == 201
    assert lacking.json()["pattern_gaps"] == [
        {"role": "leader", "wanted": 1, "present": 0},
        {"role": "enforcement_assistant", "wanted": 2, "present": 0},
        {"role": "community_worker", "wanted": 2, "present": 1},
    ]
    assert usual["lacking"] == lacking.json()
    assert usual["team-01"]["pattern_gaps"] == usual["duty-desk"]["pattern_gaps"] == []


async def test_the_pattern_is_the_tenants_own(world: World) -> None:
    version = (await get(world, "team-pattern")).headers["ETag"]
    changed = await put(world, "team-pattern", {"roles": {"leader": 2}}, headers={"If-Match": version})
    late = await put(world, "team-pattern", {"roles": {"leader": 3}}, headers={"If-Match": version})
    teams = (await get(world, "teams?community=community-01")).json()["items"]
    neighbour = await get(world, "team-pattern", tenant=NEIGHBOUR)
    unknown = await put(world, "team-pattern", {"roles": {"king": 1}})
    negative = await put(world, "team-pattern", {"roles": {"leader": -1}})

    assert [each.status_code for each in (changed, late, unknown, negative)] == [200, 412, 422, 422]
    assert [team["pattern_gaps"] for team in teams] == [[{"role": "leader", "wanted": 2, "present": 1}]]
    assert neighbour.json()["roles"]["leader"] == 1
