"""Actions that were done offline."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.asking import events_of, moment, shown
from dispatch.offline import codes, item, outcomes, send, sync
from dispatch.world import NEIGHBOUR, RECEIVED_AT, World, received
from dispatch_service.service.forgetting import forget_old


async def test_a_day_offline_is_applied_in_order_with_the_times_of_the_device(world: World) -> None:
    event = await world.a_case()
    day = [
        item(event, action, minutes_ago=ago)
        for action, ago in (("accept", 90), ("note", 80), ("start", 70), ("resolve", 60))
    ]

    results = await sync(world, *day)

    assert outcomes(results) == ["done"] * 4
    assert [each["case"]["status"] for each in results] == ["accepted", "accepted", "in_progress", "resolved"]
    case = await shown(world, event)
    for action, name, sequence in ((0, "accepted_at", 2), (2, "started_at", 3), (3, "resolved_at", 4)):
        assert moment(case[name]) == moment(day[action]["at"])
        assert moment((await world.published(event))[sequence - 1]["payload"][name]) == moment(day[action]["at"])
    assert moment(case["notes"][0]["written_at"]) == moment(day[1]["at"])
    assert await events_of(world, event) == [("assigned", 1), ("accepted", 2), ("started", 3), ("resolved", 4)]


async def test_a_repeat_gets_the_first_answer_whatever_happened_since(world: World) -> None:
    event = await world.a_case()
    accept = item(event, "accept")

    first = await sync(world, accept)
    await world.act(event, "start", role="officer")
    repeat = await sync(world, accept)
    twice_at_once = await sync(world, accept, accept)

    assert (outcomes(first), outcomes(repeat), outcomes(twice_at_once)) == (["done"], ["done*"], ["done*"] * 2)
    assert repeat[0]["case"] == first[0]["case"]
    assert len(await world.published(event)) == 3


async def test_twins_of_a_batch_at_once_do_everything_once(world: World) -> None:
    for _ in range(5):
        event = await world.a_case()
        batch = [item(event, action) for action in ("accept", "note", "start", "note")]

        answers = await asyncio.gather(*(sync(world, *batch) for _ in range(4)))

        assert sorted(outcome for answer in answers for outcome in outcomes(answer)) == ["done"] * 4 + ["done*"] * 12
        assert await events_of(world, event) == [("assigned", 1), ("accepted", 2), ("started", 3)]
        assert len((await shown(world, event))["notes"]) == 2


async def test_a_failed_action_holds_back_those_behind_it_on_the_same_case_only(world: World) -> None:
    event, other = await world.a_case(), await world.a_case()
    batch = [item(event, "start"), item(other, "accept"), item(event, "note"), item(other, "start")]

    results = await sync(world, *batch)
    again = await sync(world, *batch)

    assert outcomes(results) == ["conflict", "done", "held_back", "done"]
    assert codes(results)[0] == "illegal-transition"
    assert outcomes(again) == ["conflict*", "done*", "held_back", "done*"]
    assert await world.published(event) == (await world.published(event))[:1]
    assert outcomes(await sync(world, batch[2])) == ["done"]


async def test_a_case_that_fails_keeps_no_other_from_being_applied(world: World) -> None:
    broken, other = [await world.a_case() for _ in range(2)]
    await world.run("UPDATE dispatch_case SET version = 2147483647 WHERE complaint_id = :id", id=broken.subject)
    items = [item(broken, "accept"), item(other, "accept")]

    assert (await send(world, items)).status_code == 422
    assert [(await world.row(event))["status"] for event in (broken, other)] == ["assigned", "accepted"]
    await world.run("UPDATE dispatch_case SET version = 5 WHERE complaint_id = :id", id=broken.subject)
    assert outcomes(await sync(world, *items)) == ["done", "done*"]


async def test_a_conflict_tells_the_present_state(world: World) -> None:
    taken, moved, changed = await world.a_case(), await world.a_case(), await world.a_case()
    await world.act(taken, "accept", role="officer", subject="officer-0802")
    await world.act(moved, "assign", {"team": "team-03"}, role="dispatcher")
    await world.act(changed, "accept", role="officer", subject="officer-0802")

    results = await sync(
        world,
        item(taken, "accept"),
        item(moved, "accept"),
        item(changed, "start", version=1),
        subject="officer-0801",
    )

    assert outcomes(results) == ["conflict"] * 3
    assert codes(results) == ["illegal-transition", "not-your-team", "precondition-failed"]
    promised_at = (await world.row(taken))["promised_at"]
    assert results[0]["case"] == {
        "status": "accepted",
        "version": 2,
        "team": {"code": "team-08", "name": "文兴社区网格队"},
        "officer": "officer-0802",
        "promised_at": promised_at.isoformat().replace("+00:00", "Z"),
        "light": "green",
    }
    assert results[1]["case"]["team"]["code"] == "team-03"


async def test_own_actions_do_not_outdate_the_version_that_the_officer_saw_and_others_do(world: World) -> None:
    event = await world.a_case()

    first = await sync(world, item(event, "accept", version=1))
    second = await sync(world, item(event, "start", version=1))
    await world.run("UPDATE dispatch_case SET version = version + 1 WHERE complaint_id = :id", id=event.subject)
    third = await sync(world, item(event, "resolve", version=1))
    fourth = await sync(world, item(event, "resolve", version=third[0]["case"]["version"]))

    assert [*outcomes(first), *outcomes(second), *outcomes(third), *outcomes(fourth)] == [
        "done",
        "done",
        "conflict",
        "done",
    ]


async def test_what_must_come_after_another_waits_for_it(world: World) -> None:
    event = await world.a_case()
    accept = item(event, "accept")
    start = item(event, "start", after=accept["id"])

    assert outcomes(await sync(world, start)) == ["held_back"]
    assert outcomes(await sync(world, accept)) == ["done"]
    assert outcomes(await sync(world, start)) == ["done"]


@pytest.mark.parametrize("at", [RECEIVED_AT - timedelta(minutes=6), datetime.now(UTC) + timedelta(days=1)])
async def test_a_moment_before_the_receipt_or_in_the_future_is_not_believed(world: World, at: datetime) -> None:
    event = await world.a_case()

    results = await sync(world, item(event, "accept", at=at.isoformat()))

    assert outcomes(results) == ["refused"]
    assert [(each["pointer"], each["code"]) for each in results[0]["problem"]["errors"]] == [
        ("/at", "moment-not-believed")
    ]
    assert (await world.row(event))["status"] == "assigned"


async def test_a_device_that_is_a_little_ahead_does_not_date_its_work_in_the_future(world: World) -> None:
    event = await world.a_case()

    assert outcomes(await sync(world, item(event, "accept", minutes_ago=-3))) == ["done"]
    assert (await world.row(event))["accepted_at"] <= datetime.now(UTC)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"id": "1"}, "/id"),
    ({"id": None}, "/id"),
    ({"complaint_id": "x"}, "/complaint_id"),
    ({"action": "assign"}, "/action"),
    ({"at": 1}, "/at"),
    ({"at": "2026-03-01T08:00:00"}, "/at"),
    ({"version": 0}, "/version"),
    ({"version": 2**31}, "/version"),
    ({"after": "x"}, "/after"),
    ({"body": {"note": ""}}, "/body/note"),
    ({"body": []}, "/body"),
    ({"extra": 1}, "/extra"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD)
async def test_an_item_that_is_not_valid_is_named_and_leaves_the_others_alone(
    world: World, wrong: dict[str, Any], pointer: str
) -> None:
    event, other = await world.a_case(), await world.a_case()

    results = await sync(world, {**item(event, "accept"), **wrong}, item(other, "accept"))

    assert outcomes(results) == ["refused", "done"]
    assert [error["pointer"] for error in results[0]["problem"]["errors"]] == [pointer]
    assert (await world.row(event))["status"] == "assigned"


async def test_an_item_that_is_not_valid_holds_back_those_behind_it(world: World) -> None:
    event = await world.a_case()
    accept, start = item(event, "accept"), item(event, "start", body={"started_at": "soon"})
    upper = {**item(event, "note"), "complaint_id": str(event.subject).upper()}

    assert outcomes(await sync(world, accept, start, upper)) == ["done", "refused", "held_back"]


async def test_a_batch_has_so_many_items_and_no_more(world: World) -> None:
    event = await world.a_case()

    assert (await send(world, [])).status_code == 422
    assert (await send(world, [item(event, "note") for _ in range(101)])).status_code == 422
    assert outcomes(await sync(world, *(item(event, "note") for _ in range(100)))) == ["done"] * 100


async def test_an_id_stands_for_one_action_of_one_officer(world: World) -> None:
    event, other = await world.a_case(), await world.a_case()
    accept = item(event, "accept")
    await sync(world, accept)

    elsewhere = await sync(world, {**accept, "complaint_id": str(other.subject)})
    another = await sync(world, {**accept, "action": "start"})
    of_a_colleague = await sync(world, {**accept, "complaint_id": str(other.subject)}, subject="officer-0801")

    assert (outcomes(elsewhere), codes(elsewhere)) == (["refused"], ["action-id-reused"])
    assert (outcomes(another), codes(another)) == (["refused"], ["action-id-reused"])
    assert outcomes(of_a_colleague) == ["done"]


async def test_an_id_that_two_cases_use_at_once_does_one_of_the_two(world: World) -> None:
    for _ in range(5):
        events = [await world.a_case(), await world.a_case()]
        same = str(uuid.uuid4())

        answers = await asyncio.gather(*(sync(world, item(event, "accept", id=same)) for event in events))

        assert sorted(outcomes(answers[0]) + outcomes(answers[1])) == ["done", "refused"]
        assert sorted([(await world.row(event))["status"] for event in events]) == ["accepted", "assigned"]


async def test_unknown_cases_and_those_of_others_look_the_same(world: World) -> None:
    theirs = received(tenant=NEIGHBOUR)
    await world.deliver(theirs)

    results = await sync(world, item(theirs, "accept"), item(theirs, "start"), item(received(), "accept"))

    assert outcomes(results) == ["refused", "held_back", "refused"]
    assert codes(results) == ["complaint-not-found", None, "complaint-not-found"]
    assert (await send(world, [item(theirs, "accept")], role="dispatcher")).status_code == 403


async def test_requests_and_replies_may_come_late_too(world: World) -> None:
    event = await world.a_case("accept")
    order = {"text": "尽快到场", "deadline": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    await world.act(event, "supervision", order, role="supervisor")
    order_id = (await shown(world, event))["supervision"][0]["id"]

    results = await sync(
        world,
        item(event, "reply", body={"order": order_id, "text": "已到场"}),
        item(event, "suspension"),
        item(event, "suspension"),
    )

    assert outcomes(results) == ["done", "done", "refused"]
    assert codes(results)[2] == "request-open"
    assert (await shown(world, event))["supervision"][0]["reply"] == "已到场"


async def test_rectification_is_ordered_and_looked_at_again_offline(world: World) -> None:
    event, other = await world.a_case("accept", "start"), await world.a_case()
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()

    results = await sync(
        world,
        item(event, "rectification", body={"notice": "三日内清理", "until": until}),
        item(event, "reinspection", body={"passed": True}),
        item(event, "return", body={"reason": "不属本网格"}),
        item(other, "return", body={"reason": "不属本网格"}),
    )

    assert outcomes(results) == ["done"] * 4
    case = await shown(world, event)
    assert (case["reinspection"], case["rectifications"][0]["notice"]) == ("passed", "三日内清理")
    assert (await shown(world, other))["requests"][0]["kind"] == "return"


async def test_answers_are_kept_for_their_time(world: World) -> None:
    event = await world.a_case()
    accept = item(event, "accept")
    await sync(world, accept)

    await world.run("UPDATE offline_action SET applied_at = now() - interval '91 days'")
    await forget_old(world.engine)
    assert outcomes(await sync(world, accept)) == ["done*"]
    await world.run("UPDATE offline_action SET applied_at = now() - interval '93 days'")
    await forget_old(world.engine)
    assert outcomes(await sync(world, accept)) == ["conflict"]
