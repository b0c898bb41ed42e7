"""Rules are kept, checked and published over REST."""

from typing import Any

import pytest

from dispatch.asking import problem
from dispatch.ruling import RULES, errors, publish, put, rule
from dispatch.world import NEIGHBOUR, World
from runtime.ids import uuid7

SQUARE = {"type": "Polygon", "coordinates": [[[107, 26], [108, 26], [108, 27], [107, 27], [107, 26]]]}


async def draft(world: World, **options: Any) -> Any:
    return await world.send("GET", RULES, role="officer", **options)


async def test_a_draft_is_replaced_as_a_whole_and_shown_as_it_was_given(world: World) -> None:
    everything = rule(
        "everything",
        {
            "categories": ["noise_and_fumes", "construction.sites"],
            "sources": ["hotline"],
            "proactive": False,
            "communities": ["community-08"],
            "grids": ["grid-08"],
            "areas": [SQUARE],
            "circles": [{"lon": 107.2357, "lat": 26.5807, "metres": 500}],
            "times": [{"weekdays": [6, 7], "days": "off", "begins": "22:00", "ends": "06:00"}],
            "attributes": [{"name": "floor", "at_least": 3, "at_most": 9}, {"name": "lift", "among": [True, "yes"]}],
            "confidence": {"at_least": 0.8},
            "words": ["燃气"],
        },
        {"team": "team-02", "supporting": ["team-03"], "grid_supports": True, "grade": "urgent", "stop": False},
        enabled=False,
    )
    before = await draft(world)

    answer = await put(world, everything, rule("rest"), headers={"If-Match": before.headers["ETag"]})
    stale = await put(world, headers={"If-Match": before.headers["ETag"]})

    assert answer.status_code == 200, answer.text
    shown = await draft(world)
    assert shown.headers["ETag"] == answer.headers["ETag"] != before.headers["ETag"]
    first, second = shown.json()["rules"]
    given = {**everything["when"], "confidence": {"at_least": 0.8, "at_most": None}}
    for field in given.keys() - {"circles", "attributes"}:
        assert first["when"][field] == given[field]
    assert first["when"]["circles"] == [{"lon": 107.2357, "lat": 26.5807, "crs": "WGS84", "metres": 500.0}]
    assert first["when"]["attributes"][1]["among"] == [True, "yes"]
    assert first["then"] == {**everything["then"], "skill": None}
    assert (first["enabled"], second["enabled"], second["code"]) == (False, True, "rest")
    assert (await put(world, first, second)).json()["rules"] == [first, second]
    assert problem(stale) == (412, "precondition-failed")


async def test_a_circle_from_a_chinese_map_is_kept_in_wgs84(world: World) -> None:
    given = {"lon": 107.2405, "lat": 26.5777, "crs": "GCJ02", "metres": 100}

    answer = await put(world, rule("round", {"circles": [given]}))

    (circle,) = answer.json()["rules"][0]["when"]["circles"]
    assert circle["crs"] == "WGS84"
    assert 0.001 < abs(circle["lon"] - given["lon"]) < 0.01


async def test_what_is_published_has_versions_and_the_newest_is_in_force(world: World) -> None:
    first = await publish(world, rule("one"))
    await put(world, rule("two", {"words": ["x"]}), rule("three"))
    answer = await world.send("POST", f"{RULES}/publication", role="admin", json={"note": "夏季"})

    second = answer.json()
    assert (answer.status_code, second["version"], second["count"], second["note"]) == (201, first + 1, 2, "夏季")
    assert (await draft(world)).json()["in_force"] == second["version"]
    whole = await world.send("GET", answer.headers["Location"], role="analyst")
    assert [each["code"] for each in whole.json()["rules"]] == ["two", "three"]
    page = await world.send("GET", f"{RULES}/versions?limit=1", role="officer")
    assert page.json()["items"] == [second]
    rest = await world.send("GET", page.links["next"]["url"], role="officer")
    assert rest.json()["items"][0]["version"] == first
    assert problem(await world.send("GET", f"{RULES}/versions/99999", role="officer")) == (404, "rule-set-not-found")


async def test_a_publication_that_is_sent_twice_is_one(world: World) -> None:
    await put(world, rule("once"))
    key = {"Idempotency-Key": str(uuid7())}

    answers = [
        await world.send("POST", f"{RULES}/publication", role="supervisor", json={}, headers=key) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_who_has_seen_another_draft_publishes_nothing(world: World) -> None:
    seen = (await put(world, rule("seen"))).headers["ETag"]
    await put(world, rule("newer"))

    stale = await world.send("POST", f"{RULES}/publication", role="supervisor", json={}, headers={"If-Match": seen})

    assert problem(stale) == (412, "precondition-failed")


async def test_a_tenant_has_its_own_rules(world: World) -> None:
    await publish(world, rule("ours"))

    theirs = await draft(world, tenant=NEIGHBOUR)
    nothing = await world.send("POST", f"{RULES}/publication", role="supervisor", json={}, tenant=NEIGHBOUR)
    state = await world.send("GET", f"{RULES}/state", role="officer", tenant=NEIGHBOUR)

    assert (theirs.json()["rules"], theirs.json()["in_force"], theirs.headers["ETag"]) == ([], None, '"0"')
    assert problem(nothing) == (409, "no-draft")
    assert state.json() == {"version": None, "published_at": None, "rules": []}


@pytest.mark.parametrize("role", ["officer", "dispatcher", "citizen"])
async def test_who_may_not_change_rules(world: World, role: str) -> None:
    assert (await put(world, role=role)).status_code == 403
    assert (await world.send("POST", f"{RULES}/publication", role=role, json={})).status_code == 403


async def test_a_community_in_which_no_place_can_lie_is_refused(world: World) -> None:
    body = {"name": "新社区", "sub_district": "金南街道"}
    assert (await world.send("PUT", "/dispatch/v1/communities/new-town", role="admin", json=body)).is_success
    alone, beside = {"communities": ["new-town"]}, {"communities": ["community-01", "new-town"]}

    refused = await put(world, rule("alone", alone), rule("beside", beside))

    assert await errors(refused) == [("/rules/0/when/communities", "communities-without-grids")]


async def test_a_team_that_has_gone_since_is_found_when_the_draft_is_published(world: World) -> None:
    await world.send("PUT", "/dispatch/v1/teams/brief", role="admin", json={"name": "短暂", "members": []})
    await put(world, rule("one"), rule("two", {"words": ["x"]}, {"team": "brief"}, enabled=False))
    assert (await world.send("DELETE", "/dispatch/v1/teams/brief", role="admin")).status_code == 204

    answer = await world.send("POST", f"{RULES}/publication", role="supervisor", json={})

    assert await errors(answer) == [("/rules/1/then/team", "unknown-team")]


def attribute(**test: object) -> dict[str, object]:
    return {"attributes": [{"name": "floor", **test}]}


BAD: list[tuple[object, object, str, str]] = [
    (None, {"team": "team-99"}, "/then/team", "unknown-team"),
    (None, {"supporting": ["team-01", "team-99"]}, "/then/supporting/1", "unknown-team"),
    (None, {"skill": "levitation"}, "/then/skill", "unknown-skill"),
    (None, {"stop": False}, "/then", "rule-without-effect"),
    (None, {"team": "team-02", "supporting": ["team-02"]}, "/then/supporting/0", "supports-itself"),
    (None, {"team": "team-01", "grade": "dire"}, "/then/grade", "enum"),
    (None, {"team": "team-01", "next": "other"}, "/then/next", "extra_forbidden"),
    ({"grids": ["grid-08", "grid-99"]}, None, "/when/grids/1", "unknown-grid"),
    ({"communities": ["nowhere"]}, None, "/when/communities/0", "unknown-community"),
    ({"grids": ["grid-08"], "communities": ["community-01"]}, None, "/when/grids", "places-apart"),
    ({"sources": ["hotline", "resident_app"], "proactive": True}, None, "/when/proactive", "sources-contradict"),
    ({"sources": ["media"], "proactive": False}, None, "/when/proactive", "sources-contradict"),
    ({"categories": ["safety..wires"]}, None, "/when/categories/0", "category-form-invalid"),
    ({"categories": ["safety. wires"]}, None, "/when/categories/0", "category-form-invalid"),
    ({"confidence": {"at_least": 0.9, "at_most": 0.1}}, None, "/when/confidence", "range-empty"),
    ({"confidence": {"at_least": 1.5}}, None, "/when/confidence/at_least", "less_than_equal"),
    ({"confidence": {}}, None, "/when/confidence", "test-asks-nothing"),
    (attribute(), None, "/when/attributes/0", "test-asks-nothing"),
    (attribute(at_least=3, at_most=2), None, "/when/attributes/0", "range-empty"),
    (attribute(exists=False, among=["a"]), None, "/when/attributes/0", "attributes-contradict"),
    (attribute(among=["a"], at_least=1), None, "/when/attributes/0", "attributes-contradict"),
    ({"times": [{"begins": "08:00", "ends": "08:00"}]}, None, "/when/times/0", "window-empty"),
    ({"times": [{"begins": "08:00"}]}, None, "/when/times/0", "half-a-window"),
    ({"times": [{}]}, None, "/when/times/0", "window-says-nothing"),
    ({"times": [{"weekdays": [0]}]}, None, "/when/times/0/weekdays/0", "greater_than_equal"),
    ({"times": [{"begins": "8:00", "ends": "25:00"}]}, None, "/when/times/0/begins", "string_pattern_mismatch"),
    ({"words": ["  "]}, None, "/when/words/0", "word-blank"),
    ({"circles": [{"lon": 107, "lat": 26, "metres": 0}]}, None, "/when/circles/0/metres", "greater_than"),
    ({"proactive": "yes"}, None, "/when/proactive", "bool_type"),
    (
        {"areas": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}]},
        None,
        "/when/areas/0",
        "shape-invalid",
    ),
    (
        {"areas": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1]]]}]},
        None,
        "/when/areas/0/Polygon/coordinates/0",
        "ring_open",
    ),
]


@pytest.mark.parametrize(("when", "then", "pointer", "code"), BAD)
async def test_a_rule_that_cannot_be_is_refused_with_its_own_code(
    world: World, when: object, then: object, pointer: str, code: str
) -> None:
    before = (await draft(world)).json()

    found = await errors(await put(world, rule("good", {"words": ["good"]}), rule("bad", when, then)))

    assert found[0] == (f"/rules/1{pointer}", code)
    assert (await draft(world)).json() == before


async def test_two_tests_of_one_attribute_that_no_value_passes_contradict(world: World) -> None:
    tests = [{"name": "floor", "at_least": 5}, {"name": "lift", "exists": True}, {"name": "floor", "at_most": 4}]

    found = await errors(await put(world, rule("never", {"attributes": tests})))

    assert found == [("/rules/0/when/attributes/2", "attributes-contradict")]


async def test_a_code_that_comes_twice_is_refused(world: World) -> None:
    found = await errors(await put(world, rule("a", {"words": ["x"]}), rule("a", {"words": ["y"]})))

    assert found == [("/rules/1/code", "duplicate-code")]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"words": ["x"]}),
        ({"categories": ["safety"]}, {"categories": ["safety.strung_wires"], "sources": ["hotline"]}),
        ({"words": ["燃气"]}, {"words": ["燃气泄漏", "闻到燃气"]}),
        ({"confidence": {"at_least": 0.5}}, {"confidence": {"at_least": 0.6, "at_most": 0.9}}),
        ({"sources": ["hotline", "media"]}, {"sources": ["media"], "proactive": True}),
        ({"areas": [SQUARE]}, {"areas": [SQUARE], "grids": ["grid-08"]}),
        (attribute(at_least=1), {"attributes": [{"name": "floor", "at_least": 1}, {"name": "lift", "exists": True}]}),
    ],
)
async def test_a_rule_behind_one_that_always_fits_first_is_refused(
    world: World, earlier: object, later: object
) -> None:
    shadowed = await put(world, rule("earlier", earlier), rule("later", later))
    the_other_way_round = await put(world, rule("later", later), rule("earlier", earlier))
    goes_on = await put(world, rule("earlier", earlier, {"grade": "urgent", "stop": False}), rule("later", later))
    switched_off = await put(world, rule("earlier", earlier, enabled=False), rule("later", later))

    assert await errors(shadowed) == [("/rules/1", "rule-shadowed")]
    assert "earlier" in shadowed.json()["errors"][0]["message"]
    assert [answer.status_code for answer in (the_other_way_round, goes_on, switched_off)] == [200, 200, 200]


async def test_a_thousand_rules_are_taken_and_one_more_is_not(world: World) -> None:
    rules = [rule(f"r{number}", {"words": [f"word-{number}-"]}) for number in range(1000)]

    assert (await put(world, *rules)).status_code == 200
    assert await errors(await put(world, *rules, rule("more"))) == [("/rules", "too_long")]


async def test_the_policy_is_shipped_until_it_is_set(world: World) -> None:
    shipped = await world.send("GET", f"{RULES}/policy", role="officer")
    body = {"choose_officer": False, "urgent": "next_shift", "step_metres": 100}
    put_ = await world.send(
        "PUT", f"{RULES}/policy", role="supervisor", json=body, headers={"If-Match": shipped.headers["ETag"]}
    )
    wrong = await world.send("PUT", f"{RULES}/policy", role="supervisor", json={"position_minutes": 0})
    refused = await world.send("PUT", f"{RULES}/policy", role="dispatcher", json=body)

    assert (shipped.json()["shipped"], shipped.json()["position_minutes"]) == (True, 30)
    assert put_.json() | body == put_.json()
    assert (put_.json()["shipped"], put_.json()["changed_by"]) == (False, "supervisor-demo")
    assert await errors(wrong) == [("/position_minutes", "greater_than_equal")]
    assert refused.status_code == 403
