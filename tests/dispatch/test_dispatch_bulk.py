"""One action on many cases."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from dispatch.asking import ask, events_of, problem, shown
from dispatch.world import NEIGHBOUR, World, received

BULK = "/dispatch/v1/cases/bulk"


async def act(
    world: World, action: str, body: object, cases: Sequence[object], *, role: str = "dispatcher", **options: Any
) -> Any:
    given = {"action": action, "body": body, "cases": [str(case) for case in cases], **options.pop("given", {})}
    return await world.send("POST", BULK, role=role, json=given, **options)


def ids(*events: Event) -> list[str]:
    return [str(event.subject) for event in events]


async def test_some_are_done_and_others_not_and_each_is_told(world: World) -> None:
    one, taken, other = await world.a_case(), await world.a_case("accept"), await world.a_case()
    number = (await world.row(other))["number"]
    nobody, nothing = str(uuid.uuid4()), "GD-unknown"

    response = await act(world, "assign", {"team": "team-02"}, [*ids(one, taken), number, nobody, nothing])

    assert response.status_code == 200
    answer = response.json()
    assert (answer["done"], answer["refused"]) == (2, 3)
    assert [item["status"] for item in answer["items"]] == [200, 409, 200, 404, 404]
    assert [item["case"] for item in answer["items"]] == [*ids(one, taken), number, nobody, nothing]
    assert answer["items"][2]["complaint_id"] == str(other.subject)
    assert answer["items"][4]["complaint_id"] is None
    assert (answer["items"][0]["present"], answer["items"][0]["version"]) == ("assigned", 2)
    assert answer["items"][1]["problem"]["present"] == {"status": "accepted", "version": 2}
    assert [(await world.row(event))["team"] for event in (one, taken, other)] == ["team-02", "team-08", "team-02"]


async def test_a_repeat_with_the_same_key_does_only_what_was_not_done(world: World) -> None:
    events = [await world.a_case() for _ in range(3)]
    same = {"Idempotency-Key": str(uuid.uuid4())}
    await world.run("UPDATE dispatch_case SET status = 'withdrawn' WHERE complaint_id = :id", id=events[1].subject)

    first = await act(world, "assign", {"team": "team-02"}, ids(*events), headers=same)
    await world.run("UPDATE dispatch_case SET status = 'assigned' WHERE complaint_id = :id", id=events[1].subject)
    repeat = await act(world, "assign", {"team": "team-02"}, ids(*events), headers=same)
    other = await act(world, "assign", {"team": "team-03"}, ids(*events), headers=same)

    assert [item["status"] for item in first.json()["items"]] == [200, 409, 200]
    assert [item["status"] for item in repeat.json()["items"]] == [200, 200, 200]
    assert [item["status"] for item in other.json()["items"]] == [422, 422, 422]
    for event in events:
        assert await events_of(world, event) == [("assigned", 1), ("assigned", 2)]


async def test_the_versions_that_were_seen_count(world: World) -> None:
    one, two = await world.a_case(), await world.a_case()
    seen = {"versions": {str(one.subject): 1, str(two.subject): 7}}

    response = await act(world, "assign", {"team": "team-02"}, ids(one, two), given=seen)

    assert [item["status"] for item in response.json()["items"]] == [200, 412]


async def test_grades_are_given_to_cases_that_nobody_has_accepted(world: World) -> None:
    one, taken = await world.a_case(), await world.a_case("accept")
    before = (await world.row(one))["promised_at"]

    response = await act(world, "grade", {"grade": "emergency", "note": "汛期"}, ids(one, taken))

    assert [item["status"] for item in response.json()["items"]] == [200, 409]
    row = await world.row(one)
    assert (row["grade"], row["team"]) == ("emergency", "team-08")
    assert row["promised_at"] < before
    assert (await world.published(one))[-1]["payload"]["note"] == "汛期"


async def test_open_requests_are_approved_together(world: World) -> None:
    asked, unasked = await world.a_case("accept"), await world.a_case("accept")
    await ask(world, asked, "suspension")
    decision = {"kind": "suspension", "approved": True}

    response = await act(world, "approval", decision, ids(asked, unasked))

    assert [item["status"] for item in response.json()["items"]] == [200, 404]
    assert response.json()["items"][1]["problem"]["type"].endswith(":request-not-found")
    assert [request["state"] for request in (await shown(world, asked))["requests"]] == ["approved"]
    assert (await world.row(asked))["status"] == "suspended"


async def test_notes_and_orders_go_to_many_cases(world: World) -> None:
    events = [await world.a_case(), await world.a_case("accept", "start", "resolve")]
    order = {"text": "今日办结", "deadline": (datetime.now(UTC) + timedelta(days=1)).isoformat()}

    noted = await act(world, "note", {"text": "集中整治"}, ids(*events), role="officer")
    ordered = await act(world, "supervision", order, ids(*events), role="supervisor")

    assert [item["status"] for item in noted.json()["items"]] == [200, 200]
    assert [item["status"] for item in ordered.json()["items"]] == [200, 409]
    assert [len((await shown(world, event))["notes"]) for event in events] == [1, 1]


async def test_cases_are_accepted_transferred_and_supported_together(world: World) -> None:
    one, taken = await world.a_case(), await world.a_case("accept")
    unknown = {"department": "nowhere", "external_ref": "SW-17", "reason": "供水设施"}
    await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})

    supported = await act(world, "support", {"team": "team-10"}, ids(one, taken))
    leading = await act(world, "support", {"team": "team-08"}, ids(one))
    accepted = await act(world, "accept", {}, ids(one, taken), role="officer")
    strangers = await act(world, "accept", {}, ids(one), role="officer", subject="officer-0101")
    lost = await act(world, "transfer", unknown, ids(one))
    moved = await act(world, "transfer", {**unknown, "department": "water"}, [*ids(one, taken), uuid.uuid4()])

    for answer, statuses in (
        (supported, [200, 200]), (leading, [422]), (accepted, [200, 409]), (strangers, [403]), (lost, [422]),
        (moved, [200, 200, 404]),
    ):  # fmt: skip
        assert [item["status"] for item in answer.json()["items"]] == statuses, answer.text
    for event in (one, taken):
        case = await shown(world, event)
        assert (case["status"], case["transfers"][0]["external_ref"]) == ("transferred", "SW-17")
        assert [each["team"] for each in case["supporting"]] == ["team-10"]
    assert await events_of(world, one) == [("assigned", 1), ("accepted", 2), ("transferred", 3)]


async def test_what_goes_wrong_with_one_stops_none_of_the_others(world: World) -> None:
    one, broken, other = [await world.a_case() for _ in range(3)]
    await world.run("UPDATE dispatch_case SET version = 2147483647 WHERE complaint_id = :id", id=broken.subject)

    response = await act(world, "assign", {"team": "team-02"}, ids(one, broken, other))

    assert [item["status"] for item in response.json()["items"]] == [200, 422, 200]
    assert [(await world.row(event))["team"] for event in (one, broken, other)] == ["team-02", "team-08", "team-02"]


@pytest.mark.parametrize(
    ("action", "body", "role"),
    [
        ("accept", {}, "dispatcher"),
        ("transfer", {"department": "water", "external_ref": "1", "reason": "x"}, "supervisor"),
        ("support", {"team": "team-10"}, "officer"),
        ("assign", {"team": "team-02"}, "officer"),
        ("grade", {"grade": "urgent"}, "analyst"),
        ("approval", {"kind": "suspension", "approved": True}, "inspector"),
        ("supervision", {"text": "x", "deadline": "2027-01-01T00:00:00Z"}, "dispatcher"),
        ("note", {"text": "x"}, "citizen"),
    ],
)
async def test_who_may_do_it_to_one_may_do_it_to_many(world: World, action: str, body: object, role: str) -> None:
    event = await world.a_case()

    assert problem(await act(world, action, body, ids(event), role=role)) == (403, "access-denied")


async def test_other_tenants_cases_are_unknown(world: World) -> None:
    theirs = received(tenant=NEIGHBOUR)
    await world.deliver(theirs)
    number = theirs.data.model_dump()["number"]

    response = await act(world, "note", {"text": "x"}, [theirs.subject, number])

    assert [item["status"] for item in response.json()["items"]] == [404, 404]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"cases": []}, "/cases"),
    ({"cases": [""]}, "/cases/0"),
    ({"cases": [str(uuid.uuid4()) for _ in range(201)]}, "/cases"),
    ({"cases": [1]}, "/cases/0"),
    ({"action": "resolve"}, "/action"),
    ({"body": {}}, "/body/team"),
    ({"body": {"team": "team-02", "x": 1}}, "/body/x"),
    ({"versions": {"a": "1"}}, "/versions/a"),
    ({"extra": 1}, "/extra"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD)
async def test_bad_input_is_named(world: World, wrong: dict[str, Any], pointer: str) -> None:
    body = {"action": "assign", "body": {"team": "team-02"}, "cases": [str(uuid.uuid4())], **wrong}

    response = await world.send("POST", BULK, role="dispatcher", json=body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_a_case_that_is_named_twice_is_refused(world: World) -> None:
    event = await world.a_case()
    number = (await world.row(event))["number"]

    response = await act(world, "note", {"text": "x"}, [event.subject, number])

    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("/cases/1", "case-twice")]
