"""The server's clock goes back while a case is worked on: its history keeps its order, and no time is less than 0."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from dispatch.asking import ask, decide, grant, moment, problem, shown
from dispatch.offline import item, outcomes, sync
from dispatch.test_dispatch_rectification import order, over
from dispatch.test_dispatch_timers import pass_levels
from dispatch.test_dispatch_unanswered_orders import ordered
from dispatch.world import World, received
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.missed_orders import tell_missed
from dispatch_service.service.reinspections import tell_due
from dispatch_service.service.renewing import renew_clocks
from dispatch_service.service.suspensions import bring_back
from dispatch_service.service.timers import fire_due
from dispatch_service.service.untold_answers import tell_untold

Behind = Callable[[float], None]
Due = Callable[[World, Event], Awaitable[None]]


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Behind:
    """Set the clock of actions so many minutes back."""

    def back(minutes: float) -> None:
        for module in ("acting", "sync"):
            wrong = lambda: datetime.now(UTC) - timedelta(minutes=minutes)  # noqa: E731 - a name would be no clearer
            monkeypatch.setattr(f"dispatch_service.api.{module}.now", wrong)

    return back


async def _granted(world: World, event: Event, kind: str, behind: Behind, minutes: float) -> None:
    """Ask for it and approve it, each with a clock that is further back."""
    for place, action in enumerate((ask, decide)):
        behind(minutes + 10 * place)
        answer = await action(world, event, kind)
        assert answer.status_code == 200, answer.text


async def test_actions_keep_their_order_whatever_the_clock_says(world: World, behind: Behind) -> None:
    event = await world.a_case()
    promised = [(await world.row(event))["promised_at"]]
    behind(20)
    assert (await world.act(event, "accept", role="officer")).status_code == 200
    for minutes, kind in ((30, "extension"), (60, "suspension"), (90, "resumption")):
        await _granted(world, event, kind, behind, minutes)
        promised.append((await world.row(event))["promised_at"])
    await world.run("UPDATE dispatch_case SET clock_version = -1 WHERE complaint_id = :id", id=event.subject)
    await renew_clocks(world.engine, Clockworks())
    assert (await world.row(event))["promised_at"] == promised[-1] == max(promised)
    behind(200)
    assert (await world.act(event, "resolve", role="officer")).status_code == 200

    published = await world.published(event)
    assert [row["type"].rpartition(".")[2] for row in published] == [
        "assigned", "accepted", "extended", "suspended", "resumed", "resolved",
    ]  # fmt: skip
    assert [row["sequence"] for row in published] == [1, 2, 3, 4, 5, 6]
    times = [row["time"] for row in published]
    assert times == sorted(times)
    case, row = await shown(world, event), await world.row(event)
    assert case["version"] == 6
    assert row["assigned_at"] <= row["accepted_at"] <= row["resolved_at"] <= row["updated_at"]
    for request in case["requests"]:
        assert row["accepted_at"] <= moment(request["asked_at"]) <= moment(request["decided_at"]) <= row["resolved_at"]


async def test_work_begins_though_the_complaint_comes_from_the_future(world: World, behind: Behind) -> None:
    event = received(received_at=datetime.now(UTC))
    await world.deliver(event)
    behind(60)
    for step in ("accept", "start"):
        assert (await world.act(event, step, role="officer")).status_code == 200

    row = await world.row(event)
    assert row["received_at"] <= row["accepted_at"] <= row["started_at"]
    early = {"started_at": (row["received_at"] - timedelta(hours=1)).isoformat()}
    other = received(received_at=datetime.now(UTC))
    await world.deliver(other)
    assert (await world.act(other, "accept", role="officer")).status_code == 200
    assert problem(await world.act(other, "start", early, role="officer"))[0] == 422


async def test_what_was_done_offline_is_believed_after_what_is_known(world: World, behind: Behind) -> None:
    event = await world.a_case("accept", "start")
    behind(60)

    assert outcomes(await sync(world, item(event, "resolve", minutes_ago=0))) == ["done"]
    row = await world.row(event)
    assert row["started_at"] <= row["resolved_at"] <= row["updated_at"]


async def _due_timer(world: World, event: Event) -> None:
    await pass_levels(world, event, until=100)


async def _due_inspection(world: World, event: Event) -> None:
    assert (await order(world, event)).status_code == 200
    await over(world, event)


async def _missed_orders(world: World, event: Event) -> None:
    for _ in range(2):
        await ordered(world, event, over=True)


async def _untold_answer(world: World, event: Event) -> None:
    answered = "reply = '好', replied_by = 'officer-demo', replied_at = now()"
    await world.run(f"UPDATE supervision_order SET {answered} WHERE id = :id", id=await ordered(world, event))


async def _due_suspension(world: World, event: Event) -> None:
    await grant(world, event, "suspension")
    await _changed(world, event, "suspended_at = now() - interval '1 day', suspended_until = now() - interval '1 s'")


async def _due_renewal(world: World, event: Event) -> None:
    await _changed(world, event, "clock_version = -1, promised_at = promised_at + interval '9 days'")


async def _due_round(world: World, event: Event) -> None:
    await _changed(world, event, "round = 2, promised_at = promised_at + interval '9 days'")


async def _changed(world: World, event: Event, columns: str) -> None:
    await world.run(f"UPDATE dispatch_case SET {columns} WHERE complaint_id = :id", id=event.subject)


@pytest.mark.parametrize(
    ("prepare", "work", "told"),
    [
        (_due_timer, lambda world: fire_due(world.engine, world.clockworks), 2),
        (_due_inspection, lambda world: tell_due(world.engine), 1),
        (_missed_orders, lambda world: tell_missed(world.engine), 2),
        (_untold_answer, lambda world: tell_untold(world.engine), 1),
        (_due_suspension, lambda world: bring_back(world.engine, world.clockworks), 1),
        (_due_renewal, lambda world: renew_clocks(world.engine, world.clockworks), 1),
        (_due_round, lambda world: renew_clocks(world.engine, world.clockworks), 1),
    ],
)
async def test_what_is_told_by_itself_follows_what_was_done_before(
    world: World, prepare: Due, work: Callable[[World], Awaitable[int]], told: int
) -> None:
    """Each case by itself: another one beside it, of the same batch, keeps the time that it is."""
    events = [await world.a_case("accept", "start") for _ in range(2)]
    for event in events:
        await prepare(world, event)
    await _changed(world, events[0], "updated_at = now() + interval '1 hour'")
    before = (await world.row(events[0]))["updated_at"]
    await work(world)

    first, second = [(await world.published(event))[-told:] for event in events]
    assert {row["time"] for row in first} == {before}
    assert (await world.row(events[0]))["updated_at"] == before
    assert max(row["time"] for row in second) < before
    assert second[-1]["time"] <= (await world.row(events[1]))["updated_at"] < before
