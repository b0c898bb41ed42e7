"""Returns: asked for by the unit, approved by a dispatcher, three in a round at the most."""

import asyncio
from datetime import datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import WHY, ask, by_the_clock, decide, events_of, grant, moment, problem, shown
from dispatch.world import NEIGHBOUR, World, later
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks
from dispatch_service.service.timers import fire_due


async def returned(world: World, event: Event, *teams: str) -> None:
    """Let the unit return the case, and each team that gets it then but the last."""
    for team in teams:
        assert (await ask(world, event, "return")).status_code == 200
        answer = await decide(world, event, "return", team=team)
        assert answer.status_code == 200, answer.text


async def assign(world: World, event: Event, team: str, *, role: str = "dispatcher") -> tuple[int, str]:
    answer = await world.act(event, "assign", {"team": team}, role=role)
    return (200, "") if answer.status_code == 200 else problem(answer)


async def test_a_returned_case_goes_to_another_unit_and_the_first_answers_for_it_until_then(world: World) -> None:
    event = await world.a_case("accept", "start")
    before = await shown(world, event)
    asked = (await ask(world, event, "return", {"reason": "不属本网格", "proposed_team": "team-09"})).json()
    back = (await decide(world, event, "return")).json()
    moved = (await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")).json()
    taken = (await world.act(event, "accept", role="officer")).json()

    assert (asked["status"], asked["returns"]) == ("in_progress", [])
    assert (asked["requests"][0]["proposed_team"], asked["requests"][0]["team"]) == ("team-09", "team-08")
    assert (back["status"], back["responsible_team"], back["team"]["code"]) == ("received", "team-08", "team-08")
    assert [back[name] for name in ("assignee", "expected_from", "accepted_at", "started_at")] == [None] * 4
    assert before["assignee"] == "officer-demo"
    assert (moved["team"]["code"], moved["responsible_team"]) == ("team-09", "team-08")
    assert (taken["team"]["code"], taken["responsible_team"]) == ("team-09", "team-09")
    assert {each["promised_at"] for each in (before, back, moved, taken)} == {before["promised_at"]}
    assert back["light"] == "green"
    assert 0 < back["remaining_seconds"] <= before["remaining_seconds"]
    (line,) = taken["returns"]
    assert (line["team"], line["reason"], line["asked_by"]) == ("team-08", "不属本网格", "officer-demo")
    assert (line["approved_by"], line["next_team"], line["round"]) == ("dispatcher-demo", None, 1)
    assert moment(line["asked_at"]) < moment(line["returned_at"])
    assert await events_of(world, event) == [
        ("assigned", 1), ("accepted", 2), ("started", 3), ("returned", 4), ("assigned", 5), ("accepted", 6),
    ]  # fmt: skip
    told = (await world.published(event))[3]["payload"]
    assert told == {
        "actor": "dispatcher-demo", "team": "team-08", "reason": "不属本网格", "asked_by": "officer-demo", "returns": 1,
    }  # fmt: skip


async def test_a_dispatcher_names_the_next_unit_with_the_approval(world: World) -> None:
    event = await world.a_case()
    await ask(world, event, "return")
    answer = (await decide(world, event, "return", team="team-03")).json()

    assert (answer["status"], answer["team"]["code"], answer["responsible_team"]) == ("assigned", "team-03", "team-08")
    assert answer["returns"][0]["next_team"] == "team-03"
    assert answer["explanation"]["from_team"] == "team-08"
    assert await events_of(world, event) == [("assigned", 1), ("returned", 2), ("assigned", 3)]


async def test_a_refusal_leaves_the_case_with_its_unit(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "return")
    before = await world.row(event)
    refused = (await decide(world, event, "return", approved=False)).json()

    assert (refused["status"], refused["returns"], refused["requests"][0]["state"]) == ("accepted", [], "refused")
    assert await world.row(event) == before


async def test_the_unit_that_has_returned_it_does_not_get_it_again(world: World) -> None:
    event = await world.a_case()
    await ask(world, event, "return")
    named = await decide(world, event, "return", team="team-08")
    assert problem(named) == (409, "unit-has-returned")
    assert (await shown(world, event))["status"] == "assigned"

    await decide(world, event, "return")
    assert await assign(world, event, "team-08") == (409, "unit-has-returned")
    assert await assign(world, event, "team-08", role="supervisor") == (409, "unit-has-returned")
    assert await assign(world, event, "team-09") == (200, "")


async def test_a_supervisor_says_with_the_approval_where_the_third_return_goes(world: World) -> None:
    event = await world.a_case()
    await returned(world, event, "team-01", "team-02")
    await ask(world, event, "return")
    assert problem(await decide(world, event, "return", team="team-03")) == (403, "supervisor-decides")
    named = await decide(world, event, "return", team="team-03", role="supervisor")
    assert (named.status_code, named.json()["team"]["code"]) == (200, "team-03")


async def test_after_three_returns_a_supervisor_decides_and_that_stands(world: World) -> None:
    event = await world.a_case()
    await returned(world, event, "team-01", "team-02")
    await ask(world, event, "return")
    named = await decide(world, event, "return", team="team-03")
    assert problem(named) == (403, "supervisor-decides")
    await decide(world, event, "return")

    assert await assign(world, event, "team-03") == (403, "supervisor-decides")
    assert await assign(world, event, "team-08", role="supervisor") == (200, "")
    assert problem(await ask(world, event, "return")) == (409, "returned-too-often")
    assert [line["team"] for line in (await shown(world, event))["returns"]] == ["team-08", "team-01", "team-02"]
    counted = [row["payload"]["returns"] for row in await world.published(event) if row["type"] == EventType.RETURNED]
    assert counted == [1, 2, 3]


async def test_another_round_counts_returns_anew(world: World) -> None:
    event = await world.a_case()
    await returned(world, event, "team-01", "team-02")
    await ask(world, event, "return")
    await decide(world, event, "return")
    await assign(world, event, "team-03", role="supervisor")
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    assert problem(await ask(world, event, "return")) == (409, "illegal-transition")
    await world.deliver(later(event, EventType.REWORK_ORDERED))

    assert (await ask(world, event, "return")).status_code == 200
    answer = (await decide(world, event, "return", team="team-01")).json()
    assert (answer["team"]["code"], [line["round"] for line in answer["returns"]]) == ("team-01", [1, 1, 1, 2])


async def aged(world: World, event: Event, hours: float) -> datetime:
    """Let the unit have had the case for so long."""
    await world.run(
        "UPDATE dispatch_case SET assigned_at = now() - make_interval(mins => :minutes) WHERE complaint_id = :id",
        id=event.subject,
        minutes=int(hours * 60),
    )
    return datetime.fromisoformat((await shown(world, event))["assigned_at"])


async def test_a_return_is_asked_for_within_its_limit(world: World) -> None:
    event, urgent = await world.a_case(), await world.a_case()
    await world.act(urgent, "assign", {"team": "team-09", "grade": "urgent"}, role="dispatcher")
    late = await aged(world, urgent, 1.1)
    answer = await ask(world, urgent, "return")

    assert problem(answer) == (409, "return-limit-passed")
    assert by_the_clock(late + timedelta(hours=1)) in answer.json()["detail"]
    await aged(world, urgent, 0.9)
    assert (await ask(world, urgent, "return")).status_code == 200
    await aged(world, event, 24 * 30)
    assert problem(await ask(world, event, "return")) == (409, "return-limit-passed")


async def test_what_was_asked_for_in_time_may_be_approved_later(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "return")
    await aged(world, event, 24 * 30)
    assert (await decide(world, event, "return")).status_code == 200


async def test_a_table_without_a_limit_to_return_always_lets_it_be_asked_for(world: World) -> None:
    event = await world.a_case()
    stages = [{"stage": stage, "amount": 3, "unit": "hours"} for stage in ("accept", "on_site", "resolve")]
    put = await world.send("PUT", "/dispatch/v1/limits", role="admin", json={"limits": stages})
    assert put.status_code == 200, put.text
    await asyncio.sleep(1.1)  # what is in memory is checked each second
    await aged(world, event, 24 * 30)
    assert (await ask(world, event, "return")).status_code == 200
    shipped = [*stages, {"stage": "return", "amount": 1, "unit": "hours"}]
    await world.send("PUT", "/dispatch/v1/limits", role="admin", json={"limits": shipped})


async def test_nobody_approves_their_own_return_and_only_dispatchers_and_supervisors_do(world: World) -> None:
    event = await world.a_case()
    await ask(world, event, "return")

    assert problem(await decide(world, event, "return", subject="officer-demo")) == (403, "own-request")
    for role in ("officer", "inspector", "admin"):
        assert problem(await decide(world, event, "return", role=role)) == (403, "access-denied")


@pytest.mark.parametrize("steps", [("accept", "start", "resolve"), ("accept",)])
async def test_what_has_moved_on_is_not_returned(world: World, steps: tuple[str, ...]) -> None:
    event = await world.a_case(*steps)
    if len(steps) == 1:
        await grant(world, event, "suspension")
    answer = await ask(world, event, "return")

    assert problem(answer) == (409, "illegal-transition")
    assert answer.json()["present"]["status"] in {"resolved", "suspended"}


async def test_a_return_drops_what_the_unit_has_asked_for(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "extension")
    await ask(world, event, "suspension")
    await ask(world, event, "return")
    answer = (await decide(world, event, "return", team="team-09")).json()

    assert [(each["kind"], each["state"]) for each in answer["requests"]] == [
        ("extension", "dropped"), ("suspension", "dropped"), ("return", "approved"),
    ]  # fmt: skip
    assert problem(await decide(world, event, "extension")) == (409, "request-settled")


async def test_sending_a_case_on_drops_the_return_that_its_unit_has_asked_for(world: World) -> None:
    event = await world.a_case()
    await ask(world, event, "return")
    moved = (await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")).json()

    assert ([each["state"] for each in moved["requests"]], moved["returns"]) == (["dropped"], [])
    assert await assign(world, event, "team-08") == (200, "")


async def test_a_case_that_waits_for_a_unit_is_told_of_and_renewed_like_others(world: World) -> None:
    event = await world.a_case()
    await ask(world, event, "return")
    await decide(world, event, "return")
    await world.run(
        "UPDATE dispatch_case SET warn_at = now() - interval '1 s', timer_at = now() - interval '1 s',"
        " clock_version = 0 WHERE complaint_id = :id",
        id=event.subject,
    )
    assert await fire_due(world.engine, world.clockworks) == 1
    told = (await world.published(event))[-1]
    assert (told["type"], told["payload"]["level"], told["payload"]["stage"]) == (EventType.ESCALATED, 80, "accept")
    assert await renew_clocks(world.engine, Clockworks()) >= 1
    assert (await world.row(event))["clock_version"] > 0


async def test_a_case_that_waits_for_a_unit_can_be_withdrawn_and_nobody_can_work_on_it(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "return")
    await decide(world, event, "return")
    for action in ("accept", "start", "resolve"):
        answer = await world.act(event, action, role="officer")
        assert (answer.status_code, answer.json()["present"]["status"]) == (409, "received")
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    assert (await world.row(event))["status"] == "withdrawn"


async def test_of_a_return_and_a_resolution_at_once_one_happens(world: World) -> None:
    for _ in range(5):
        event = await world.a_case("accept", "start")
        await ask(world, event, "return")
        back, done = await asyncio.gather(
            decide(world, event, "return", team="team-09"), world.act(event, "resolve", role="officer")
        )
        assert sorted((back.status_code, done.status_code)) == [200, 409]
        names = [name for name, _ in await events_of(world, event)][3:]
        assert names == (["returned", "assigned"] if back.status_code == 200 else ["resolved"])


async def test_bad_input_is_named(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "suspension")
    for body, pointer in (
        ({}, "/reason"),
        ({"reason": ""}, "/reason"),
        ({**WHY, "proposed_team": "nobody"}, "/proposed_team"),
        ({**WHY, "until": "2026-12-01T00:00:00Z"}, "/until"),
    ):
        answer = await ask(world, event, "return", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    await ask(world, event, "return")
    assert problem(await ask(world, event, "return")) == (409, "request-open")
    for kind, approved, team in (("suspension", True, "team-09"), ("return", False, "team-09"), ("return", True, "x")):
        answer = await decide(world, event, kind, approved=approved, team=team)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/team")
    assert problem(await ask(world, event, "return", subject="officer-0101")) == (403, "not-your-team")
    assert problem(await ask(world, event, "return", tenant=NEIGHBOUR)) == (404, "complaint-not-found")
    assert (await shown(world, event))["status"] == "accepted"
