"""Conferences of units, supporting units and what they contribute."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import ask, decide, events_of, problem
from dispatch.world import NEIGHBOUR, World, later


def conference(lead: str = "team-09", *supporting: str, **changes: Any) -> dict[str, Any]:
    return {
        "participants": ["team-08", "team-09"],
        "record": "两队现场会商，污染源在第9网格",
        "decision": {"lead": lead, "supporting": list(supporting)},
        "held_at": datetime.now(UTC).isoformat(),
        **changes,
    }


async def hold(world: World, event: Event, body: object, *, role: str = "dispatcher", **options: Any) -> Any:
    return await world.act(event, "conference", body, role=role, **options)


async def test_a_conference_decides_who_leads_and_who_supports_and_that_stands(world: World) -> None:
    event = await world.a_case()
    answer = await hold(world, event, conference("team-09", "team-08", "team-10"))
    refused = await ask(world, event, "return")

    case = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (case["status"], case["team"]["code"], case["explanation"]["rule"]) == ("assigned", "team-09", "conference")
    (held,) = case["conferences"]
    assert (held["participants"], held["lead"], held["supporting"]) == (
        ["team-08", "team-09"], "team-09", ["team-08", "team-10"],
    )  # fmt: skip
    assert (held["recorded_by"], held["record"], held["round"]) == (
        "dispatcher-demo",
        "两队现场会商，污染源在第9网格",
        1,
    )
    assert [(each["team"], each["by"]) for each in case["supporting"]] == [
        ("team-08", "dispatcher-demo"), ("team-10", "dispatcher-demo"),
    ]  # fmt: skip
    told = (await world.published(event))[-1]["payload"]
    assert (told["rule"], told["supporting"], told["actor"]) == (
        "conference",
        ["team-08", "team-10"],
        "dispatcher-demo",
    )
    assert problem(refused) == (409, "decided-in-conference")


async def test_in_another_round_the_unit_may_return_it(world: World) -> None:
    event = await world.a_case()
    await hold(world, event, conference())
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    assert (await ask(world, event, "return")).status_code == 200


async def test_a_conference_is_about_a_case_that_nobody_has_accepted(world: World) -> None:
    accepted, waiting = await world.a_case("accept"), await world.a_case()
    assert problem(await hold(world, accepted, conference())) == (409, "illegal-transition")
    await ask(world, waiting, "return")
    await decide(world, waiting, "return")
    assert (await hold(world, waiting, conference("team-08"))).status_code == 200  # also the unit that has returned it


async def test_after_three_returns_the_conference_is_a_supervisors(world: World) -> None:
    event = await world.a_case()
    for team in ("team-01", "team-02", None):
        await ask(world, event, "return")
        await decide(world, event, "return", team=team)
    assert problem(await hold(world, event, conference())) == (403, "supervisor-decides")
    assert (await hold(world, event, conference(), role="supervisor")).status_code == 200


async def test_bad_conferences_are_named(world: World) -> None:
    event = await world.a_case()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for body, pointer in (
        (conference(participants=["team-08"]), "/participants"),
        (conference(participants=["team-08", "team-08"]), "/participants"),
        (conference(participants=["team-08", "nobody"]), "/participants/1"),
        (conference("nobody"), "/decision/lead"),
        (conference("team-09", "nobody"), "/decision/supporting/0"),
        (conference("team-09", "team-09"), "/decision/supporting/0"),
        (conference(record=""), "/record"),
        (conference(held_at=tomorrow), "/held_at"),
        (conference(held_at="2026-02-01T00:00:00Z"), "/held_at"),
        (conference(held_at="now"), "/held_at"),
        (conference(more=1), "/more"),
    ):
        answer = await hold(world, event, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
        assert answer.json()["errors"][0]["message"]
    for role in ("officer", "inspector", "admin"):
        assert problem(await hold(world, event, conference(), role=role)) == (403, "access-denied")
    assert problem(await hold(world, event, conference(), tenant=NEIGHBOUR)) == (404, "complaint-not-found")
    assert await events_of(world, event) == [("assigned", 1)]


async def support(world: World, event: Event, team: str, *, method: str = "PUT", **options: Any) -> Any:
    path = f"/dispatch/v1/cases/{event.subject}/support/{team}"
    return await world.send(method, path, role=options.pop("role", "dispatcher"), **options)


async def test_supporting_teams_come_and_go_and_find_their_cases(world: World) -> None:
    event = await world.a_case("accept")
    added = await support(world, event, "team-10")
    again = await support(world, event, "team-10")
    path = "/dispatch/v1/cases?supporting=team-10"
    found = (await world.send("GET", path, role="officer", subject="officer-1001")).json()["items"]
    theirs = (await world.send("GET", path, role="officer", tenant=NEIGHBOUR)).json()["items"]
    removed = await support(world, event, "team-10", method="DELETE")
    gone = await support(world, event, "team-10", method="DELETE")

    assert [each["team"] for each in added.json()["supporting"]] == ["team-10"]
    assert [answer.headers["ETag"] for answer in (added, again, removed)] == ['"3"', '"3"', '"4"']
    assert str(event.subject) in [each["complaint_id"] for each in found]
    assert theirs == []
    assert removed.json()["supporting"] == []
    assert problem(gone) == (404, "unknown-support")
    assert await events_of(world, event) == [("assigned", 1), ("accepted", 2)]


async def test_a_supporting_team_that_gets_the_case_leads_it(world: World) -> None:
    event = await world.a_case()
    await support(world, event, "team-10")
    await support(world, event, "team-11")
    moved = (await world.act(event, "assign", {"team": "team-10"}, role="dispatcher")).json()

    assert [each["team"] for each in moved["supporting"]] == ["team-11"]
    assert (await world.published(event))[-1]["payload"]["supporting"] == ["team-11"]


async def test_who_supports_contributes_and_only_the_lead_resolves(world: World) -> None:
    event = await world.a_case("accept", "start")
    await support(world, event, "team-10")
    photo = {"id": str(uuid4()), "role": "near"}
    body = {"text": "已派车清运", "photos": [photo]}
    helped = await world.act(event, "contributions", body, role="officer", subject="officer-1001")
    own = await world.act(event, "contributions", {"text": "已设围挡"}, role="officer")
    stranger = await world.act(event, "contributions", {"text": "?"}, role="officer", subject="officer-0101")
    resolved = await world.act(event, "resolve", role="officer", subject="officer-1001")

    assert helped.status_code == 200, helped.text
    assert [(each["team"], each["actor"], each["text"]) for each in own.json()["contributions"]] == [
        ("team-10", "officer-1001", "已派车清运"), ("team-08", "officer-demo", "已设围挡"),
    ]  # fmt: skip
    assert own.json()["contributions"][0]["photos"] == [photo]
    assert problem(stranger) == (403, "not-involved")
    assert problem(resolved) == (403, "not-your-team")
    assert (await events_of(world, event))[3:] == [("contributed", 4), ("contributed", 5)]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_who_supports_is_for_dispatchers_and_open_cases(world: World, method: str) -> None:
    event, done = await world.a_case(), await world.a_case("accept", "start", "resolve")
    assert problem(await support(world, event, "team-10", method=method, role="officer")) == (403, "access-denied")
    assert problem(await support(world, done, "team-10", method=method)) == (409, "illegal-transition")
    assert problem(await support(world, event, "team-10", method=method, tenant=NEIGHBOUR)) == (
        404, "complaint-not-found",
    )  # fmt: skip
    stale = await support(world, event, "team-10", method=method, headers={"If-Match": '"7"'})
    assert problem(stale) == (412, "precondition-failed")


async def test_bad_support_and_contributions_are_named(world: World) -> None:
    event, done = await world.a_case(), await world.a_case("accept", "start", "resolve")
    for team, code in (("team-08", "lead-supports"), ("nobody", "unknown-team")):
        answer = await support(world, event, team)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    twice = [{"id": str(uuid4()), "role": "near"}] * 2
    for body, pointer in (
        ({"text": ""}, "/text"),
        ({"text": "x", "photos": twice}, "/photos"),
        ({"text": "x", "photos": [{"id": "1", "role": "near"}]}, "/photos/0/id"),
        ({"text": "x", "photos": [{"id": str(uuid4()), "role": "selfie"}]}, "/photos/0/role"),
        ({"text": "x", "photos": [{"id": str(uuid4()), "role": "near"} for _ in range(21)]}, "/photos"),
    ):
        answer = await world.act(event, "contributions", body, role="officer")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    late = await world.act(done, "contributions", {"text": "x"}, role="officer")
    assert problem(late) == (409, "illegal-transition")
