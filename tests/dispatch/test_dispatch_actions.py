import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.lifecycle import EventType
from dispatch.world import NEIGHBOUR, World, later, received

OFFICERS = ["officer-0801", "officer-0802"]


async def test_a_case_goes_from_the_duty_desk_to_resolved(world: World) -> None:
    event = await world.a_case(at=None)

    assigned = await world.act(event, "assign", {"team": "team-03", "note": "靠近菜场"}, role="dispatcher")
    accepted = await world.act(event, "accept", {"note": "马上到"}, role="officer")
    started = await world.act(event, "start", {"position": {"lon": 107.2, "lat": 26.5}}, role="officer")
    resolved = await world.act(
        event, "resolve", {"handling_mode": "verbal_education", "result": "已劝离"}, role="officer"
    )

    answers = [assigned, accepted, started, resolved]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.headers["ETag"] for answer in answers] == ['"2"', '"3"', '"4"', '"5"']
    assert [answer.json()["status"] for answer in answers] == ["assigned", "accepted", "in_progress", "resolved"]
    assert assigned.json()["team"] == {"code": "team-03", "name": "青松社区网格队"}
    assert assigned.json()["community"] == "community-03"
    assert assigned.json()["explanation"]["rule"] == "dispatcher"
    assert assigned.json()["explanation"]["from_team"] == "duty-desk"
    final = resolved.json()
    assert (final["officer"], final["handling_mode"], final["result"]) == ("officer-demo", "verbal_education", "已劝离")
    assert final["accepted_at"] <= final["started_at"] <= final["resolved_at"] <= final["updated_at"]


async def test_every_action_is_announced_in_sequence_with_what_it_says(world: World) -> None:
    event = await world.a_case(at=None)
    answer = await world.act(event, "assign", {"team": "team-03", "note": "靠近菜场"}, role="dispatcher")
    await world.act(event, "accept", role="officer")
    position = {"lon": 107.2, "lat": 26.5, "crs": "CGCS2000", "address": "菜场"}
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    await world.act(event, "start", {"position": position}, role="officer", headers=trace)
    await world.act(event, "resolve", role="officer")

    published = await world.published(event)

    assert [(row["type"], row["sequence"]) for row in published] == [
        ("complaint.assigned", 1),
        ("complaint.assigned", 2),
        ("complaint.accepted", 3),
        ("complaint.started", 4),
        ("complaint.resolved", 5),
    ]
    _, assigned, accepted, started, resolved = (row["payload"] for row in published)
    assert assigned == {
        "team": "team-03",
        "team_name": "青松社区网格队",
        "community": "community-03",
        "round": 1,
        "rule": "dispatcher",
        "note": "靠近菜场",
        "actor": "dispatcher-demo",
        "promised_at": published[0]["payload"]["promised_at"],
        "warn_at": published[0]["payload"]["warn_at"],
        "accept_by": answer.json()["accept_by"],
        "on_site_by": answer.json()["on_site_by"],
    }
    assert accepted == {"actor": "officer-demo", "team": "team-03"}
    assert started["position"] == {"lon": 107.2, "lat": 26.5, "address": "菜场"}
    assert resolved["handling_mode"] == "on_site_rectification"
    assert all(row["correlationid"] == row["id"] and row["causationid"] is None for row in published[1:])
    assert published[3]["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")


async def test_a_dispatcher_sends_a_case_on_until_a_team_has_accepted_it(world: World) -> None:
    event = await world.a_case()

    moved = await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")
    assert moved.json()["team"]["code"] == "team-09"
    assert moved.json()["grid"] == "grid-08"
    await world.act(event, "accept", role="officer")
    late = await world.act(event, "assign", {"team": "team-10"}, role="dispatcher")

    assert (late.status_code, late.json()["present"]) == (409, {"status": "accepted", "version": 3})


async def test_an_officer_of_another_team_is_told_whose_case_it_is(world: World) -> None:
    event = await world.a_case()

    for action in ("accept", "start", "resolve"):
        response = await world.act(event, action, role="officer", subject="officer-0101")
        assert (response.status_code, response.headers["content-type"]) == (403, "application/problem+json")
        assert response.json()["type"] == "urn:jieban:problem:not-your-team"
        assert response.json()["team"] == "team-08"
    assert (await world.row(event))["version"] == 1


@pytest.mark.parametrize("action", ["start", "resolve"])
async def test_steps_cannot_be_skipped(world: World, action: str) -> None:
    event = await world.a_case()

    response = await world.act(event, action, role="officer")

    assert response.status_code == 409
    assert response.json()["type"] == "urn:jieban:problem:illegal-transition"
    assert response.json()["present"] == {"status": "assigned", "version": 1}
    assert len(await world.published(event)) == 1


async def test_of_two_officers_at_once_one_wins_and_the_other_is_told_the_state(world: World) -> None:
    for _ in range(10):
        event = await world.a_case()

        answers = await asyncio.gather(
            *(world.act(event, "accept", role="officer", subject=officer) for officer in OFFICERS)
        )

        winner, loser = sorted(answers, key=lambda answer: int(answer.status_code))
        assert (winner.status_code, loser.status_code) == (200, 409)
        assert loser.json()["present"] == {"status": "accepted", "version": 2}
        assert (await world.row(event))["officer"] == winner.json()["officer"]
        assert [row["sequence"] for row in await world.published(event)] == [1, 2]


async def test_of_a_withdrawal_and_an_acceptance_at_once_the_history_is_legal(world: World) -> None:
    for _ in range(10):
        event = await world.a_case()

        _, answer = await asyncio.gather(
            world.deliver(later(event, EventType.RELEASE_REQUESTED)), world.act(event, "accept", role="officer")
        )

        history = [(row["type"].removeprefix("complaint."), row["sequence"]) for row in await world.published(event)]
        accepted_first = [("assigned", 1), ("accepted", 2), ("released", 3)]
        assert history == (accepted_first if answer.status_code == 200 else [("assigned", 1), ("released", 2)])
        assert (await world.row(event))["status"] == "withdrawn"


def minutes(offset: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=offset)).isoformat()


async def test_a_start_may_be_reported_late(world: World) -> None:
    event = await world.a_case("accept")
    started_at = minutes(-90)

    response = await world.act(event, "start", {"started_at": started_at}, role="officer")

    assert response.status_code == 200
    assert datetime.fromisoformat(response.json()["started_at"]) == datetime.fromisoformat(started_at)


@pytest.mark.parametrize("started_at", [None, "2020-01-01T00:00:00Z", "9998-01-01T00:00:00Z"])
async def test_a_start_in_the_future_or_before_the_receipt_is_refused(world: World, started_at: str | None) -> None:
    event = await world.a_case("accept")

    response = await world.act(event, "start", {"started_at": started_at or minutes(6)}, role="officer")

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/started_at")
    assert (await world.row(event))["status"] == "accepted"


BAD = [
    ("assign", {}, "/team"),
    ("assign", {"team": "no-such-team"}, "/team"),
    ("assign", {"team": ""}, "/team"),
    ("assign", {"team": "team-01", "grid": "x"}, "/grid"),
    ("accept", {"note": ""}, "/note"),
    ("accept", {"note": "长" * 2001}, "/note"),
    ("start", {"position": {"lon": 181, "lat": 0}}, "/position/lon"),
    ("start", {"position": {"lon": -180, "lat": 0, "crs": "BD09"}}, "/position"),
    ("start", {"position": {"lon": True, "lat": 0}}, "/position/lon"),
    ("start", {"position": {"lon": "1", "lat": 0}}, "/position/lon"),
    ("start", {"position": {"lon": 1, "lat": 1, "crs": "EPSG:3857"}}, "/position/crs"),
    ("start", {"started_at": "2026-03-01T08:00:00"}, "/started_at"),
    ("start", {"started_at": 1}, "/started_at"),
    ("resolve", {"handling_mode": "guidance"}, "/result"),
    ("resolve", {"handling_mode": "guidance", "result": ""}, "/result"),
    ("resolve", {"handling_mode": "guidance", "result": "长" * 4001}, "/result"),
    ("resolve", {"handling_mode": "fine", "result": "x"}, "/handling_mode"),
]


@pytest.mark.parametrize(("action", "body", "pointer"), BAD)
async def test_bad_input_is_named(world: World, action: str, body: dict[str, Any], pointer: str) -> None:
    event = await world.a_case()

    response = await world.act(event, action, body, role="dispatcher" if action == "assign" else "officer")

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert (await world.row(event))["version"] == 1


async def test_an_unknown_case_and_another_tenants_case_look_the_same(world: World) -> None:
    theirs = received(tenant=NEIGHBOUR)
    await world.deliver(theirs)

    bodies = []
    for event in (theirs, received()):
        for action in ("accept", "resolve"):
            response = await world.act(event, action, role="officer")
            assert response.status_code == 404
            bodies.append({name: value for name, value in response.json().items() if name != "request_id"})

    assert all(body == bodies[0] for body in bodies)
    assert (await world.act(theirs, "assign", {"team": "duty-desk"}, role="dispatcher")).status_code == 404


async def test_a_team_of_another_tenant_cannot_be_assigned_to(world: World) -> None:
    await world.run("INSERT INTO team (tenant, code, name) VALUES (:tenant, 'theirs', 'x')", tenant=NEIGHBOUR)
    event = await world.a_case()

    assert (await world.act(event, "assign", {"team": "theirs"}, role="dispatcher")).status_code == 422
