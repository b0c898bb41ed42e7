"""Deadlines of supervision orders: a missed one is told of once, to whoever has given the order."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import HOUR, moment, problem, shown
from dispatch.test_dispatch_lists import listed
from dispatch.test_dispatch_unanswered_orders import ordered
from dispatch.world import World, later
from dispatch_service.service.missed_orders import tell_batch, tell_missed


async def reply(world: World, event: Event, order: str, **options: Any) -> Any:
    return await world.act(event, f"supervision/{order}/reply", {"text": "已派人"}, role="officer", **options)


async def withdraw(world: World, event: Event, order: str, *, role: str = "supervisor") -> Any:
    return await world.act(event, f"supervision/{order}/withdrawal", {"reason": "已当面答复"}, role=role)


async def told(world: World, event: Event, event_type: EventType) -> list[dict[str, Any]]:
    return [row["payload"] for row in await world.published(event) if row["type"] == event_type]


async def test_a_missed_deadline_is_told_of_once_and_a_late_answer_stays_late(world: World) -> None:
    event = await world.a_case("accept")
    first, second = await ordered(world, event, over=True), await ordered(world, event, over=True)
    running = await ordered(world, event)
    counts = [await tell_missed(world.engine), await tell_missed(world.engine)]
    overdue = await shown(world, event)
    answered = (await reply(world, event, first)).json()

    assert counts == [2, 0]
    assert [row["sequence"] for row in await world.published(event)] == [1, 2, 3, 4, 5, 6, 7, 8]
    missed = await told(world, event, EventType.ORDER_MISSED)
    assert {each["order_id"] for each in missed} == {first, second}
    assert {(each["ordered_by"], each["team"]) for each in missed} == {("supervisor-demo", "team-08")}
    orders = {each["id"]: each for each in overdue["supervision"]}
    assert orders[first]["overdue_since"] == orders[first]["deadline"]
    assert moment(orders[first]["missed_at"]) > moment(orders[first]["deadline"])
    assert (orders[running]["overdue_since"], orders[running]["missed_at"]) == (None, None)
    assert overdue["version"] == answered["version"] == 5
    late = {each["id"]: each for each in answered["supervision"]}[first]
    assert (late["late"], late["overdue_since"], late["reply"]) == (True, None, "已派人")
    assert late["missed_at"] is not None
    (said,) = await told(world, event, EventType.ORDER_REPLIED)
    assert (said["order_id"], said["text"], said["late"], said["actor"], said["team"]) == (
        first, "已派人", True, "officer-demo", "team-08",
    )  # fmt: skip


async def test_an_answer_in_time_or_a_withdrawal_leaves_nothing_to_be_missed(world: World) -> None:
    event, settled = await world.a_case("accept"), await world.a_case("accept")
    answered, taken_back = await ordered(world, event), await ordered(world, event)
    replied = (await reply(world, event, answered)).json()
    withdrawn = await withdraw(world, event, taken_back)
    again = [await withdraw(world, event, each) for each in (answered, taken_back)]
    too_late = await reply(world, event, taken_back)
    over = "UPDATE supervision_order SET deadline = now() - interval '1 s' WHERE complaint_id = :id"
    await world.run(over, id=event.subject)

    assert await tell_missed(world.engine) == 0
    assert await told(world, event, EventType.ORDER_MISSED) == []
    assert [each["late"] for each in replied["supervision"]] == [False, None]
    (order,) = [each for each in withdrawn.json()["supervision"] if each["id"] == taken_back]
    assert (order["withdrawn_by"], order["withdrawal_reason"]) == ("supervisor-demo", "已当面答复")
    assert [problem(each) for each in (*again, too_late)] == [(409, "request-settled")] * 3
    (said,) = await told(world, event, EventType.ORDER_WITHDRAWN)
    assert said == {"actor": "supervisor-demo", "team": "team-08", "order_id": taken_back, "reason": "已当面答复"}
    assert str(event.subject) not in await listed(world, "supervision=open")
    order_id = await ordered(world, settled)
    for role in ("officer", "dispatcher", "citizen"):
        assert problem(await withdraw(world, settled, order_id, role=role)) == (403, "access-denied")
    assert problem(await withdraw(world, settled, str(uuid4()))) == (404, "request-not-found")


async def test_two_replicas_and_an_officer_at_once_tell_of_each_order_once(world: World) -> None:
    cases = [await world.a_case("accept") for _ in range(4)]
    orders = [await ordered(world, each, over=True) for each in cases]
    async with world.engine.begin() as holding:
        held = await tell_batch(holding, 2)
        other = await tell_missed(world.engine)
        case = next(each for each in cases if each.subject == held[0].case.complaint_id)
        answering = asyncio.create_task(reply(world, case, str(held[0].order_id)))
        await asyncio.sleep(0.1)
    assert (await answering).status_code == 200
    assert (len(held), other, await tell_missed(world.engine)) == (2, 2, 0)
    missed = [each["order_id"] for case in cases for each in await told(world, case, EventType.ORDER_MISSED)]
    assert sorted(missed) == sorted(orders)


@pytest.mark.parametrize(("ending", "times"), [(EventType.WITHDRAWN, 0), (EventType.CLOSED, 1)])
async def test_of_a_case_that_is_none_any_more_nothing_is_told(world: World, ending: EventType, times: int) -> None:
    event = await world.a_case("accept", "start")
    await ordered(world, event, over=True)
    if ending is EventType.WITHDRAWN:
        await world.deliver(later(event, EventType.RELEASE_REQUESTED), later(event, ending))
    else:
        await world.act(event, "resolve", role="officer")
        await world.deliver(later(event, EventType.VERIFIED), later(event, ending))
    await tell_missed(world.engine)
    await tell_missed(world.engine)
    assert len(await told(world, event, EventType.ORDER_MISSED)) == times


async def test_an_answer_given_offline_before_the_deadline_is_in_time(world: World) -> None:
    event = await world.a_case("accept")
    order = await ordered(world, event)
    at = datetime.now(UTC)
    await world.run("UPDATE supervision_order SET ordered_at = now() - interval '2 h' WHERE id = :id", id=order)
    await world.run("UPDATE supervision_order SET deadline = :at WHERE id = :id", id=order, at=at - HOUR / 2)
    await tell_missed(world.engine)
    item = {
        "id": str(uuid4()), "complaint_id": str(event.subject), "action": "reply", "at": (at - HOUR).isoformat(),
        "body": {"order": order, "text": "已派人"},
    }  # fmt: skip
    sent = await world.send("POST", "/dispatch/v1/sync", role="officer", json={"items": [item]})

    assert [each["outcome"] for each in sent.json()["items"]] == ["done"], sent.text
    (stored,) = (await shown(world, event))["supervision"]
    assert (stored["late"], moment(stored["replied_at"])) == (False, at - HOUR)
    (said,) = await told(world, event, EventType.ORDER_REPLIED)
    assert (said["late"], moment(said["replied_at"])) == (False, at - HOUR)
