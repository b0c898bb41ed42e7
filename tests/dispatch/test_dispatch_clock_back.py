"""The server's clock goes back while a case is worked on: its history keeps its order, and no time is less than 0."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from dispatch.asking import ask, decide, moment, problem, shown
from dispatch.offline import item, outcomes, sync
from dispatch.world import World, received
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks

Behind = Callable[[float], None]


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
