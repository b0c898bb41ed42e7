"""What devices do at once, and when what they report late was done."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from dispatch.asking import events_of, moment, shown
from dispatch.offline import codes, item, outcomes, send, sync
from dispatch.test_dispatch_reporters import Talk
from dispatch.world import World, received
from dispatch_service.service.reinspections import tell_due
from dispatch_service.service.timers import fire_due


async def test_batches_that_use_the_same_ids_crosswise_at_once_both_get_an_answer(world: World) -> None:
    for _ in range(8):
        one, other = await world.a_case(), await world.a_case()
        ids = [str(uuid.uuid4()) for _ in range(20)]
        forth = [item(one, "note", id=each) for each in ids]
        back = [item(other, "note", id=each) for each in reversed(ids)]

        answers = await asyncio.gather(send(world, forth), send(world, back))

        assert [answer.status_code for answer in answers] == [200, 200]
        results = [outcomes(answer.json()["items"]) for answer in answers]
        assert sum(each.count("done") for each in results) == 20


def _before(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def _promise(world: World, event: Event, at: datetime) -> None:
    """Let the case be promised for a moment."""
    await world.run("UPDATE dispatch_case SET promised_at = :at WHERE complaint_id = :id", at=at, id=event.subject)


@pytest.mark.parametrize(("minutes_ago", "codes_wanted"), [(10, [None]), (3, ["deadline-passed"])])
async def test_an_extension_counts_from_when_it_was_asked_for(
    world: World, minutes_ago: int, codes_wanted: list[str | None]
) -> None:
    event = await world.a_case("accept")
    await _promise(world, event, _before(5))
    body = {"reason": "等配件", "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}

    results = await sync(world, item(event, "extension", minutes_ago=minutes_ago, body=body))

    assert codes(results) == codes_wanted
    asked = (await shown(world, event))["requests"]
    assert len(asked) == codes_wanted.count(None)
    for each in asked:
        assert abs(moment(each["asked_at"]) - _before(minutes_ago)) < timedelta(minutes=1)


@pytest.mark.parametrize(("minutes_ago", "codes_wanted"), [(50, [None]), (30, ["return-limit-passed"])])
async def test_a_return_counts_from_when_it_was_asked_for(
    world: World, minutes_ago: int, codes_wanted: list[str | None]
) -> None:
    event = received(category="safety.wires")
    await world.deliver(event)
    await world.run(
        "UPDATE dispatch_case SET assigned_at = :at WHERE complaint_id = :id", at=_before(100), id=event.subject
    )

    results = await sync(world, item(event, "return", minutes_ago=minutes_ago, body={"reason": "不属本网格"}))

    assert codes(results) == codes_wanted


async def test_a_question_that_came_after_what_was_done_offline_does_not_make_it_late(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.run(
        "UPDATE dispatch_case SET warn_at = :at, promised_at = :at WHERE complaint_id = :id",
        at=_before(2),
        id=event.subject,
    )
    await world.deliver(Talk(event).asked(_before(1)))
    assert (await shown(world, event))["light"] == "red"

    [result] = await sync(world, item(event, "resolve", minutes_ago=3))

    case = await shown(world, event)
    assert (result["outcome"], case["light"]) == ("done", "green")
    listed = await world.send("GET", "/dispatch/v1/cases?light=green&status=resolved", role="officer")
    assert str(event.subject) in listed.text


async def test_an_order_of_rectification_may_have_run_out_before_it_is_reported(world: World) -> None:
    event = await world.a_case("accept", "start")
    body = {"notice": "半小时内清理", "until": _before(60).isoformat()}
    order = item(event, "rectification", minutes_ago=90, body=body)
    looked = item(event, "reinspection", minutes_ago=30, body={"passed": True})

    assert codes(await sync(world, order, looked)) == [None, None]
    [kept] = (await shown(world, event))["rectifications"]
    assert (moment(kept["ordered_at"]), moment(kept["inspected_at"])) == (moment(order["at"]), moment(looked["at"]))


async def test_what_time_alone_does_leaves_the_version_that_a_device_saw(world: World) -> None:
    event, other = await world.a_case("accept", "start"), await world.a_case("accept")
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await world.act(event, "rectification", {"notice": "三日内清理", "until": until}, role="officer")
    seen, seen_of_other = (await world.row(event))["version"], (await world.row(other))["version"]
    past = "rectify_until = now(), timer_at = now(), warn_at = now()"
    await world.run(f"UPDATE dispatch_case SET {past} WHERE complaint_id = :id", id=event.subject)
    assert (await fire_due(world.engine, world.clockworks), await tell_due(world.engine)) == (1, 1)
    order = {"text": "尽快到场", "deadline": until}
    assert (await world.act(other, "supervision", order, role="supervisor")).status_code == 200

    looked = item(event, "reinspection", version=seen, body={"passed": True})
    results = await sync(world, looked, item(other, "start", version=seen_of_other))

    assert (outcomes(results), codes(results)[1]) == (["done", "conflict"], "precondition-failed")
    told = [name for name, _ in await events_of(world, event)]
    assert told[-3:] == ["escalated", "reinspection_due", "reinspected"]


async def test_a_case_says_until_when_it_may_be_returned(world: World) -> None:
    event, other = received(category="safety.wires"), await world.a_case("accept", "start", "resolve")
    await world.deliver(event)

    case = await shown(world, event)
    assert moment(case["return_by"]) == moment(case["assigned_at"]) + timedelta(hours=1)
    assert (await world.act(event, "accept", role="officer")).json()["return_by"] == case["return_by"]
    assert (await shown(world, other))["return_by"] is None
