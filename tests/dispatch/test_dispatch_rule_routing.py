"""Received complaints are routed by the rules in force."""

from typing import Any

import pytest

from dispatch.asking import shown
from dispatch.ruling import RULES, publish, routed, rule
from dispatch.statements import statements
from dispatch.world import FAR_AWAY, NEIGHBOUR, TENANT, World, received
from dispatch_service.service.rule_counting import OFF, add_up
from dispatch_service.service.rulebooks import SWITCHED_OFF


async def state_of(world: World, code: str) -> Any:
    response = await world.send("GET", f"{RULES}/state", role="officer")
    return next(each for each in response.json()["rules"] if each["code"] == code)


async def test_the_first_rule_that_fits_names_the_team_and_the_case_says_so(world: World) -> None:
    version = await publish(
        world,
        rule("media", {"sources": ["media"]}, {"team": "team-03"}),
        rule("vendors", {"categories": ["street_order"]}, {"team": "team-02", "grade": "urgent"}),
        rule("rest", {}, {"team": "team-04"}),
    )

    event, row = await routed(world, category="street_order.vendors")

    assert (row["team"], row["grid"], row["grade"], row["assignee"]) == ("team-02", "grid-08", "urgent", None)
    assert row["explanation"] == {
        "rule": "rule",
        "rule_code": "vendors",
        "rules": ["vendors"],
        "rules_version": version,
        "grid": "grid-08",
        "grid_version": 1,
        "team": "team-02",
    }
    (assigned,) = await world.published(event)
    assert (
        assigned["payload"]
        | {
            "team": "team-02",
            "grid": "grid-08",
            "rule": "rule",
            "rule_code": "vendors",
        }
        == assigned["payload"]
    )
    assert (await shown(world, event))["explanation"]["rules_version"] == version


async def test_a_grade_sets_the_clock(world: World) -> None:
    await publish(world, rule("urgent", {"words": ["爆炸"]}, {"grade": "emergency", "stop": False}))

    _, calm = await routed(world, category=None)
    _, dire = await routed(world, category=None, description="有爆炸声")

    assert (calm["grade"], calm["team"], calm["explanation"]["rule"]) == ("ordinary", "team-08", "grid")
    assert (dire["grade"], dire["team"], dire["explanation"]["rule"]) == ("emergency", "team-08", "grid")
    assert dire["explanation"]["rules"] == ["urgent"]
    assert dire["promised_at"] < calm["promised_at"]


async def test_supporting_teams_are_named_with_the_rule(world: World) -> None:
    await publish(
        world,
        rule("help", {}, {"supporting": ["team-05", "team-06"], "stop": False}),
        rule("lead", {}, {"team": "team-05", "grid_supports": True}),
    )

    event, row = await routed(world)

    assert row["team"] == "team-05"
    assert row["explanation"]["supporting"] == ["team-06", "team-08"]
    (assigned,) = await world.published(event)
    assert assigned["payload"]["supporting"] == ["team-06", "team-08"]
    supporting = (await shown(world, event))["supporting"]
    assert [(each["team"], each["by"]) for each in supporting] == [("team-06", "rule:help"), ("team-08", "rule:lead")]


async def test_attributes_and_confidence_are_looked_at_and_kept(world: World) -> None:
    await publish(
        world,
        rule("high", {"attributes": [{"name": "floor", "at_least": 10}]}, {"team": "team-02"}),
        rule("sure", {"confidence": {"at_least": 0.9}}, {"team": "team-03"}),
    )

    _, high = await routed(world, attributes={"floor": 12.0, "lift": False, "note": "顶楼"})
    _, sure = await routed(world, category_confidence=0.95)
    _, neither = await routed(world, attributes={"floor": "12"}, category_confidence=0.5)

    assert [row["team"] for row in (high, sure, neither)] == ["team-02", "team-03", "team-08"]
    assert high["attributes"] == {"floor": 12.0, "lift": False, "note": "顶楼"}
    assert (high["category_confidence"], sure["category_confidence"], sure["attributes"]) == (None, 0.95, None)


async def test_a_rule_decides_where_no_grid_does_and_the_duty_desk_is_a_team_too(world: World) -> None:
    await publish(
        world,
        rule("desk", {"sources": ["superior_assigned"]}, {"team": "duty-desk"}),
        rule("far", {"circles": [{"lon": FAR_AWAY[0], "lat": FAR_AWAY[1], "metres": 1000}]}, {"team": "team-09"}),
    )

    _, far = await routed(world, at=FAR_AWAY)
    _, desk = await routed(world, source="superior_assigned")

    assert (far["team"], far["grid"]) == ("team-09", None)
    assert (desk["team"], desk["explanation"]["rule"], desk["grid"]) == ("duty-desk", "rule", "grid-08")


async def test_tenants_do_not_share_rules_in_one_slice(world: World) -> None:
    await publish(world, rule("ours"))
    ours, theirs = received(), received(tenant=NEIGHBOUR)

    await world.deliver(theirs, ours)

    assert (await world.row(ours))["team"] == "team-01"
    assert (await world.row(theirs))["team"] == "duty-desk"


async def test_matches_are_counted_once_for_each_new_case(world: World) -> None:
    await publish(world, rule("counted", {"words": ["counted"]}))
    events = [received(description="to be counted") for _ in range(3)]

    await world.deliver(*events, received())
    await world.deliver(events[0]._replace(id=received().id))
    before = await state_of(world, "counted")
    await add_up(world.engine)
    again = received(description="counted again")
    await world.deliver(again)

    assert (before["matches"], before["off_since"]) == (3, None)
    assert before["last_match_at"] is not None
    assert (await state_of(world, "counted"))["matches"] == 4


async def test_a_rule_whose_team_has_gone_is_switched_off_and_routing_goes_on(world: World) -> None:
    await world.send("PUT", "/dispatch/v1/teams/brief", role="admin", json={"name": "短暂", "members": []})
    await publish(world, rule("brief", {"words": ["brief"]}, {"team": "brief"}), rule("rest"))
    assert (await routed(world, description="brief"))[1]["team"] == "brief"
    await world.run("UPDATE dispatch_case SET team = 'team-01' WHERE team = 'brief'")
    counted = SWITCHED_OFF._value.get()
    assert (await world.send("DELETE", "/dispatch/v1/teams/brief", role="admin")).status_code == 204

    rows = [(await routed(world, description="brief"))[1] for _ in range(2)]

    assert [row["team"] for row in rows] == ["team-01", "team-01"]
    state = await state_of(world, "brief")
    assert state["off_reason"] == "unknown-team: brief"
    assert state["off_since"] is not None
    assert SWITCHED_OFF._value.get() == counted + 1
    await add_up(world.engine)
    assert OFF._value.get() == 1


async def test_a_rule_whose_grid_has_gone_is_switched_off(world: World) -> None:
    await publish(world, rule("grid", {"grids": ["grid-15"]}), rule("rest", {"words": ["rest"]}))
    await world.run("UPDATE grid SET in_force = false WHERE tenant = :tenant AND code = 'grid-15'", tenant=TENANT)

    await routed(world)

    assert (await state_of(world, "grid"))["off_reason"] == "unknown-grid: grid-15"
    assert (await state_of(world, "rest"))["off_since"] is None


async def test_a_rule_that_cannot_be_read_is_switched_off_and_publishing_switches_on(world: World) -> None:
    body = [rule("odd", {"words": ["odd"]}, {"team": "team-02"}), rule("rest", {}, {"team": "team-03"})]
    version = await publish(world, *body)
    await world.run(
        "UPDATE rule_set SET rules = jsonb_set(rules, '{0,when,times}', '[{\"weekdays\": \"all\"}]')"
        " WHERE tenant = :tenant AND version = :version",
        tenant=TENANT,
        version=version,
    )
    await world.run("UPDATE territory SET version = version + 1")

    _, off = await routed(world, description="odd")
    state = await state_of(world, "odd")
    await publish(world, *body)
    _, on = await routed(world, description="odd")

    assert (off["team"], state["off_reason"], on["team"]) == ("team-03", "unreadable", "team-02")


async def test_a_slice_takes_as_many_statements_with_rules_whatever_its_size(world: World) -> None:
    await publish(world, rule("lead", {}, {"team": "team-05", "supporting": ["team-06"], "grid_supports": True}))
    await routed(world)
    sizes = []
    for size in (2, 100):
        with statements(world) as executed:
            await world.deliver(*[received(description=f"{index}") for index in range(size)])
        sizes.append(len(executed))

    assert sizes[0] == sizes[1] < 10


@pytest.mark.parametrize("at", [None, FAR_AWAY])
async def test_with_rules_that_do_not_fit_everything_is_as_without(world: World, at: Any) -> None:
    await publish(world, rule("never", {"words": ["nobody says this"]}))
    event = received(at)

    await world.deliver(event)

    row = await world.row(event)
    assert row["explanation"] == {"rule": "duty_desk", "grid": None, "grid_version": None, "team": "duty-desk"}
