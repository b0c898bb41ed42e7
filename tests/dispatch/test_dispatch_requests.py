"""More time, suspension and resumption: asked for by the unit, decided by a dispatcher."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.lifecycle import EventType
from dispatch.asking import HOUR, WHY, ask, decide, events_of, grant, moment, problem, shown, until
from dispatch.world import NEIGHBOUR, World, later
from dispatch_service.service.timers import fire_due


async def test_more_time_is_asked_for_and_granted(world: World) -> None:
    event = await world.a_case("accept")
    before = await shown(world, event)
    body = await until(world, event, days=2)

    asked = await ask(world, event, "extension", body, headers={"If-Match": '"2"', "Idempotency-Key": "more-time"})
    again = await ask(world, event, "extension", body, headers={"If-Match": '"2"', "Idempotency-Key": "more-time"})
    granted = (await decide(world, event, "extension")).json()

    assert (asked.status_code, asked.headers["ETag"], asked.text) == (200, '"2"', again.text)
    (request,) = asked.json()["requests"]
    assert (request["state"], request["asked_by"], request["reason"]) == ("open", "officer-demo", "等配件")
    assert asked.json()["promised_at"] == before["promised_at"]
    assert moment(granted["promised_at"]) == moment(body["until"])
    assert (granted["status"], granted["version"], granted["light"]) == ("accepted", 3, "green")
    assert [(each["state"], each["decided_by"]) for each in granted["requests"]] == [("approved", "dispatcher-demo")]
    told = (await world.published(event))[-1]
    assert (told["type"], told["sequence"]) == (EventType.EXTENDED, 3)
    assert moment(told["payload"]["promised_at"]) == moment(body["until"])
    assert {key: told["payload"][key] for key in ("actor", "asked_by", "team", "reason")} == {
        "actor": "dispatcher-demo", "asked_by": "officer-demo", "team": "team-08", "reason": "等配件",
    }  # fmt: skip
    row = await world.row(event)
    assert row["timer_at"] == row["warn_at"] > moment(before["promised_at"]) - timedelta(days=1)


async def test_a_refusal_leaves_the_case_as_it_is(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "suspension")
    before = await world.row(event)

    refused = await decide(world, event, "suspension", approved=False)
    late = await decide(world, event, "suspension")

    assert (refused.status_code, refused.json()["requests"][0]["state"]) == (200, "refused")
    assert problem(late) == (409, "request-settled")
    assert await world.row(event) == before
    assert [kind for kind, _ in await events_of(world, event)] == ["assigned", "accepted"]


async def test_nobody_decides_on_their_own_request_and_those_who_decide_are_above_the_units(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "suspension", subject="officer-demo")

    own = await decide(world, event, "suspension", subject="officer-demo")
    others = [await decide(world, event, "suspension", role=role) for role in ("officer", "inspector", "admin")]

    assert problem(own) == (403, "own-request")
    assert [problem(answer) for answer in others] == [(403, "access-denied")] * 3
    assert (await world.row(event))["status"] == "accepted"


async def test_time_stands_still_while_a_case_is_suspended(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.run(
        "UPDATE dispatch_case SET clock_unit = 'hours', warn_at = now() + interval '1 h',"
        " timer_at = now() + interval '1 h', promised_at = now() + interval '2 h',"
        " twice_at = now() + interval '12 h' WHERE complaint_id = :id",
        id=event.subject,
    )
    await grant(world, event, "suspension")
    aside = "'3 h'::interval"
    await world.run(
        f"UPDATE dispatch_case SET suspended_at = suspended_at - {aside}, warn_at = warn_at - {aside},"
        f" timer_at = timer_at - {aside}, promised_at = promised_at - {aside}, twice_at = twice_at - {aside}"
        " WHERE complaint_id = :id",
        id=event.subject,
    )
    suspended = await shown(world, event)
    fired = await fire_due(world.engine, world.clockworks)
    acted = await world.act(event, "resolve", role="officer")
    resumed = await grant(world, event, "resumption")

    assert (suspended["status"], suspended["light"], fired) == ("suspended", "green", 0)
    assert 7_000 < suspended["remaining_seconds"] <= 7_200
    assert problem(acted) == (409, "illegal-transition")
    assert (resumed["status"], resumed["suspended_at"], resumed["light"]) == ("in_progress", None, "green")
    assert timedelta(hours=1.9) < moment(resumed["promised_at"]) - datetime.now(UTC) <= 2 * HOUR
    row = await world.row(event)
    assert row["promised_at"] - row["warn_at"] == HOUR
    assert row["twice_at"] - row["promised_at"] == 10 * HOUR
    assert row["timer_at"] == row["warn_at"]
    assert await events_of(world, event) == [
        ("assigned", 1), ("accepted", 2), ("started", 3), ("suspended", 4), ("resumed", 5),
    ]  # fmt: skip
    told = (await world.published(event))[-1]["payload"]
    assert moment(told["promised_at"]) == row["promised_at"]


async def test_a_suspended_case_can_be_withdrawn(world: World) -> None:
    event = await world.a_case("accept")
    await grant(world, event, "suspension")

    await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    await world.deliver(later(event, EventType.WITHDRAWN))

    assert (await world.row(event))["status"] == "withdrawn"
    told = (await world.published(event))[-1]
    assert (told["type"], told["payload"]["status"]) == (EventType.RELEASED, "suspended")
    assert problem(await ask(world, event, "resumption")) == (409, "illegal-transition")


async def test_after_the_promised_time_no_more_is_granted(world: World) -> None:
    event, asked_in_time = await world.a_case("accept"), await world.a_case("accept")
    await ask(world, asked_in_time, "extension", await until(world, asked_in_time, hours=1))
    body = await until(world, event, days=1)
    for each in (event, asked_in_time):
        await world.run(
            "UPDATE dispatch_case SET promised_at = now() - interval '1 min' WHERE complaint_id = :id", id=each.subject
        )
    await world.run(
        "UPDATE case_request SET until = now() - interval '1 s' WHERE complaint_id = :id", id=asked_in_time.subject
    )

    assert problem(await ask(world, event, "extension", body)) == (409, "deadline-passed")
    assert problem(await decide(world, asked_in_time, "extension")) == (409, "request-outdated")
    assert (await world.row(asked_in_time))["version"] == 2


@pytest.mark.parametrize("kind", ["extension", "suspension"])
async def test_twice_is_often_enough(world: World, kind: str) -> None:
    event = await world.a_case("accept")
    twice = [kind, "resumption"] * 2 if kind == "suspension" else [kind] * 2
    await grant(world, event, *twice)

    assert problem(await ask(world, event, kind)) == (409, "too-many-requests-for-case")


async def test_one_request_of_a_kind_is_open_at_a_time(world: World) -> None:
    event = await world.a_case("accept")

    answers = await asyncio.gather(*(ask(world, event, "suspension") for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {problem(answer) for answer in answers if answer.status_code == 409} == {(409, "request-open")}
    assert (await ask(world, event, "extension")).status_code == 200


async def test_of_two_dispatchers_one_decides(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "extension")

    answers = await asyncio.gather(
        *(decide(world, event, "extension", subject=f"dispatcher-{number}") for number in range(2))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await events_of(world, event) == [("assigned", 1), ("accepted", 2), ("extended", 3)]


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((), "extension"),
        ((), "suspension"),
        (("accept",), "resumption"),
        (("accept", "start", "resolve"), "suspension"),
    ],
)
async def test_what_a_state_does_not_allow_is_not_even_asked_for(
    world: World, steps: tuple[str, ...], kind: str
) -> None:
    event = await world.a_case(*steps)

    assert problem(await ask(world, event, kind)) == (409, "illegal-transition")
    assert (await shown(world, event))["requests"] == []


async def test_a_request_for_a_case_that_has_moved_on_is_dropped(world: World) -> None:
    event = await world.a_case("accept", "start")
    await ask(world, event, "suspension")
    resolved = await world.act(event, "resolve", role="officer")

    assert [each["state"] for each in resolved.json()["requests"]] == ["dropped"]
    for approved in (True, False):
        assert problem(await decide(world, event, "suspension", approved=approved)) == (409, "request-settled")


async def test_bad_requests_are_named(world: World) -> None:
    event = await world.a_case("accept")
    early, late = await until(world, event, hours=-1), await until(world, event, days=400)
    for body, pointer in (
        (early, "/until"),
        (late, "/until"),
        ({**WHY, "until": "2026-13-01"}, "/until"),
        (WHY, "/until"),
        ({"until": early["until"]}, "/reason"),
        ({**early, "reason": ""}, "/reason"),
        ({**early, "more": 1}, "/more"),
    ):
        response = await ask(world, event, "extension", body)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer), response.text
    nobodys = f"extension/{event.subject}/approval"
    assert problem(await world.act(event, nobodys, {"approved": True}, role="dispatcher")) == (404, "request-not-found")
    bad = await world.act(event, nobodys, {"approved": "yes"}, role="dispatcher")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/approved")
    stranger = await ask(world, event, "suspension", subject="officer-0101")
    assert problem(stranger) == (403, "not-your-team")
    assert problem(await ask(world, event, "suspension", tenant=NEIGHBOUR)) == (404, "complaint-not-found")


async def test_dispatchers_find_what_they_have_to_decide(world: World) -> None:
    events = [await world.a_case("accept") for _ in range(3)]
    for event in events:
        await ask(world, event, "resumption" if event is None else "extension")
    await decide(world, events[1], "extension", approved=False)

    async def listed(query: str, **options: Any) -> list[str]:
        path, found = f"/dispatch/v1/requests?limit=1&{query}", []
        while path:
            response = await world.send("GET", path, role="dispatcher", **options)
            assert response.status_code == 200, response.text
            found += [item["complaint_id"] for item in response.json()["items"]]
            path = response.links["next"]["url"] if "next" in response.links else ""
        return [one for one in found if one in {str(event.subject) for event in events}]

    assert await listed("state=open&kind=extension") == [str(events[0].subject), str(events[2].subject)]
    assert await listed("state=refused") == [str(events[1].subject)]
    assert await listed("kind=suspension") == []
    assert await listed("", tenant=NEIGHBOUR) == []
    bad = await world.send("GET", "/dispatch/v1/requests?state=maybe", role="dispatcher")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "query/state")


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800"])
async def test_text_that_cannot_be_stored_is_refused(world: World, text: str) -> None:
    event = await world.a_case("accept")
    content = f'{{"reason": {json.dumps(text)}}}'
    days = f'{{"days": [{{"date": "2026-05-08", "working": true, "name": {json.dumps(text)}}}]}}'
    raw = {"Content-Type": "application/json"}
    path = f"/dispatch/v1/cases/{event.subject}/suspension"

    asked = await world.send("POST", path, role="officer", headers=raw, content=content)
    put = await world.send("PUT", "/dispatch/v1/calendars/2026", role="admin", headers=raw, content=days)

    assert 400 <= asked.status_code < 500, asked.text
    assert 400 <= put.status_code < 500, put.text
    assert (await shown(world, event))["requests"] == []
