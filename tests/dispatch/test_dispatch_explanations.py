"""Why a case was with each of its units, also when it has gone on."""

from contracts.lifecycle import EventType
from dispatch.asking import ask, decide, moment, shown
from dispatch.ruling import publish, rule
from dispatch.test_dispatch_locations import located
from dispatch.world import TOWN, World, later, received, reclassified

MOST = 50


async def test_a_case_that_goes_on_keeps_why_it_was_where_it_was(world: World) -> None:
    event = await world.a_case()
    routed = await shown(world, event)
    await ask(world, event, "return")
    moved = (await decide(world, event, "return", team="team-03")).json()
    assert (await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")).status_code == 200
    for step in ("accept", "start", "resolve"):
        assert (await world.act(event, step, role="officer")).status_code == 200
    await world.deliver(later(event, EventType.REWORK_ORDERED))

    case = await shown(world, event)
    first, second, third = case["earlier_explanations"]
    assert routed["earlier_explanations"] == []
    assert first == {**routed["explanation"], "ended_at": first["ended_at"]}
    assert second == {**moved["explanation"], "ended_at": second["ended_at"]}
    assert moment(first["ended_at"]) == moment(moved["assigned_at"])
    assert (third["rule"], third["team"], third["from_team"]) == ("dispatcher", "team-09", "team-03")
    assert moment(third["ended_at"]) == moment(case["assigned_at"])
    assert case["explanation"]["rule"] == "rework"
    (listed,) = (await world.send("GET", "/dispatch/v1/cases?limit=1", role="officer")).json()["items"]
    assert (listed["complaint_id"], "earlier_explanations" in listed) == (case["complaint_id"], False)


async def test_routing_that_corrects_itself_keeps_why_the_case_was_elsewhere(world: World) -> None:
    event = received(None)
    await world.deliver(event, located(event, TOWN))
    await publish(world, rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-03"}))
    await world.deliver(reclassified(event, "noise_and_fumes.night", sequence=3))

    case = await shown(world, event)
    assert [(each["rule"], each["team"]) for each in case["earlier_explanations"]] == [
        ("duty_desk", "duty-desk"), ("grid", "team-08"),
    ]  # fmt: skip
    assert (case["explanation"]["rule_code"], case["explanation"]["from_team"]) == ("noise", "team-08")


async def test_of_many_the_first_and_the_last_are_kept(world: World) -> None:
    event = await world.a_case()
    for number in range(MOST + 2):
        answer = await world.act(event, "assign", {"team": f"team-{number % 9 + 1:02}"}, role="dispatcher")
        assert answer.status_code == 200, answer.text

    earlier = answer.json()["earlier_explanations"]
    assert [each["rule"] for each in earlier] == ["grid"] + ["dispatcher"] * (MOST - 1)
    teams = [each["team"] for each in earlier[1:]]
    assert teams == [f"team-{number % 9 + 1:02}" for number in range(2, MOST + 1)]
