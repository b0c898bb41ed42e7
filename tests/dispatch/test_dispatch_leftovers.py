"""What has to go when the work on a case ends, or begins again."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import ask, shown, transferred
from dispatch.ruling import publish, rule
from dispatch.world import RECEIVED_AT, World, ending_decided, later, received
from dispatch_service.service.reinspections import tell_due

LATE = importlib.import_module("dispatch_service.migrations.versions.0042_transfers_of_ended_cases")


def _order(**delta: float) -> dict[str, str]:
    return {"notice": "限期拆除", "until": (datetime.now(UTC) + timedelta(**delta)).isoformat()}


async def _supporting(world: World, event: Event) -> list[str]:
    return [each["team"] for each in (await shown(world, event))["supporting"]]


async def test_nobody_has_to_decide_or_inspect_what_was_withdrawn(world: World) -> None:
    event, other = await world.a_case("accept", "start"), await world.a_case("accept")
    await ask(world, other, "suspension")
    await ask(world, event, "suspension")
    await ask(world, event, "extension")
    await world.act(event, "rectification", _order(days=3), role="officer")
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))

    case = await shown(world, event)
    assert (case["status"], case["reinspection"]) == ("withdrawn", None)
    assert [each["state"] for each in case["requests"]] == ["dropped", "dropped"]
    assert [each["state"] for each in (await shown(world, other))["requests"]] == ["open"]
    waiting = (await world.send("GET", "/dispatch/v1/cases?sort=reinspection", role="officer")).json()["items"]
    assert str(event.subject) not in {each["complaint_id"] for each in waiting}


async def test_a_refused_release_leaves_what_was_asked_for(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})
    away = {"department": "water", "external_ref": "1", "reason": "水务"}
    await world.act(event, "rectification", _order(days=3), role="officer")
    await world.act(event, "transfer", away, role="dispatcher")
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))

    case = await shown(world, event)
    assert (case["status"], case["reinspection"]) == ("transferred", "ordered")


async def test_an_order_is_told_of_in_its_own_round_only(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})
    await world.act(event, "rectification", _order(days=3), role="officer")
    away = {"department": "water", "external_ref": "1", "reason": "水务"}
    await world.act(event, "transfer", away, role="dispatcher")
    done = {"handling_mode": "guidance", "result": "已办", "answered_at": datetime.now(UTC).isoformat()}
    assert (await world.act(event, "transfer/answer", done, role="dispatcher")).status_code == 200
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    for step in ("accept", "start"):
        await world.act(event, step, role="officer")
    await world.act(event, "rectification", _order(days=3), role="officer")
    await world.run("UPDATE dispatch_case SET rectify_until = now() WHERE complaint_id = :id", id=event.subject)
    await tell_due(world.engine)

    first, second = (await shown(world, event))["rectifications"]
    assert (first["announced_at"], second["announced_at"] is None) == (None, False)


async def test_a_team_that_turns_out_to_lead_does_not_support_itself(world: World) -> None:
    await publish(world, rule("helped", {"categories": ["noise_and_fumes"]}, {"supporting": ["team-03", "team-04"]}))
    await world.run(
        "INSERT INTO team_member (tenant, team, subject, role) VALUES ('522723', 'team-03', 'lonely', 'mobile')"
    )
    handled = {"actor": "lonely", "handling_mode": "guidance", "result": "已劝", "handled_at": RECEIVED_AT}
    event, ordinary = (
        received(category="noise_and_fumes.bar", self_handled=handled),
        received(category="noise_and_fumes.bar"),
    )
    await world.deliver(event, ordinary)

    assert [(await shown(world, each))["team"]["code"] for each in (event, ordinary)] == ["team-03", "team-08"]
    assert [await _supporting(world, each) for each in (event, ordinary)] == [
        ["team-04"],
        ["team-03", "team-04"],
    ]
    assert (await world.row(event))["explanation"]["supporting"] == ["team-04"]
    told = [(await world.published(each))[0]["payload"].get("supporting") for each in (event, ordinary)]
    assert told == [["team-04"], ["team-03", "team-04"]]


async def test_the_teams_that_support_are_named_in_the_next_round_too(world: World) -> None:
    event = await world.a_case("accept", "start")
    other = await world.a_case("accept", "start", "resolve")
    path = f"/dispatch/v1/cases/{event.subject}/support/team-09"
    assert (await world.send("PUT", path, role="dispatcher")).status_code == 200
    await world.act(event, "resolve", role="officer")
    await world.deliver(later(event, EventType.REWORK_ORDERED), later(other, EventType.REWORK_ORDERED))

    assert ((await shown(world, event))["round"], await _supporting(world, event)) == (2, ["team-09"])
    told = [(await world.published(each))[-1]["payload"].get("supporting") for each in (event, other)]
    assert told == [["team-09"], None]


@pytest.mark.parametrize("ending", ["voided", "closed"])
async def test_a_transfer_ends_with_its_case(world: World, ending: str) -> None:
    event, other = await world.a_case("accept"), await world.a_case("accept")
    for each in (event, other):
        await transferred(world, each)
    await world.deliver(ending_decided(event, ending))
    await world.deliver(later(event, EventType.ERASED))

    (line,) = (await shown(world, event))["transfers"]
    assert (line["state"], line["ended_by"], line["recall_reason"]) == ("recalled", None, None)
    assert (line["ended_at"] is None, line["external_ref"]) == (False, "")
    assert [each["state"] for each in (await shown(world, other))["transfers"]] == ["open"]


async def test_what_was_closed_by_force_while_a_department_had_it_goes_to_one_again(world: World) -> None:
    event = await world.a_case("accept")
    await transferred(world, event)
    await world.deliver(ending_decided(event, "closed"), later(event, EventType.FORCE_CLOSED, sequence=2))
    await world.deliver(later(event, EventType.REOPENED, sequence=3))
    await transferred(world, event)

    case = await shown(world, event)
    assert (case["status"], [each["state"] for each in case["transfers"]]) == ("transferred", ["recalled", "open"])


async def test_transfers_that_were_left_open_are_mended_and_others_are_not(world: World) -> None:
    voided, again, away = [await world.a_case("accept") for _ in range(3)]
    for each in (voided, again, away):
        await transferred(world, each)
    await world.run("UPDATE dispatch_case SET status = 'voided' WHERE complaint_id = :id", id=voided.subject)
    await world.run("UPDATE case_transfer SET reason = '' WHERE complaint_id = :id", id=voided.subject)
    await world.run(
        "UPDATE dispatch_case SET status = 'assigned', round = 2 WHERE complaint_id = :id", id=again.subject
    )
    for _ in range(2):
        await world.run(LATE.RECALL_LEFT)

    lines = [line for each in (voided, again, away) for line in (await shown(world, each))["transfers"]]
    assert [line["state"] for line in lines] == ["recalled", "recalled", "open"]
    assert [line["external_ref"] for line in lines] == ["", "SW-3", "SW-3"]
    await transferred(world, again)


async def test_what_an_older_release_left_open_hinders_no_other_transfer(world: World) -> None:
    event = await world.a_case("accept")
    await transferred(world, event)
    left = "UPDATE dispatch_case SET status = 'assigned', round = 2 WHERE complaint_id = :id"
    await world.run(left, id=event.subject)

    await transferred(world, event)

    assert [line["state"] for line in (await shown(world, event))["transfers"]] == ["recalled", "open"]
