"""A suspended case comes back by itself: when it was asked for until then, or when the tenant's rule says so."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import WHY, ask, decide, events_of, grant, moment, problem, shown
from dispatch.statements import statements
from dispatch.test_dispatch_clocks import put
from dispatch.test_dispatch_moved_clocks import _TIMES, DAY, has, renewed
from dispatch.world import TENANT, World
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.suspensions import OLDEST, bring_back, bring_back_batch

RULE = "/dispatch/v1/suspension-rule"
SOON = timedelta(minutes=1)


def body(**later_by: float) -> dict[str, Any]:
    return {**WHY, "until": (datetime.now(UTC) + timedelta(**later_by)).isoformat()}


async def aside(world: World, *steps: str, **later_by: float) -> Event:
    """Return a case that is laid aside, until so much later where that is given."""
    await has(world, 10)
    event = await world.a_case(*(steps or ("accept",)))
    asked = await ask(world, event, "suspension", body(**later_by) if later_by else None)
    assert asked.status_code == 200, asked.text
    assert (await decide(world, event, "suspension")).status_code == 200
    return event


async def over(world: World, *events: Event) -> None:
    """Let two days pass for suspended cases, their clocks and their suspensions, which are over then."""
    ids, where = [event.subject for event in events], "WHERE complaint_id = ANY(CAST(:ids AS uuid[]))"
    moved = ", ".join(f"{name} = {name} - CAST(:time AS interval)" for name in (*_TIMES, "suspended_at"))
    statement = f"UPDATE dispatch_case SET {moved}, suspended_until = now() - interval '1 s' {where}"
    earlier = f"UPDATE case_request SET decided_at = decided_at - CAST(:time AS interval) {where}"
    for each in (statement, earlier):
        await world.run(each, time=2 * DAY, ids=ids)


async def back(world: World) -> int:
    return await bring_back(world.engine, Clockworks())


async def test_it_comes_back_when_its_time_aside_is_over_with_what_was_left(world: World) -> None:
    event = await aside(world, "accept", "start", days=3)
    suspended = await shown(world, event)
    early = await back(world)
    await over(world, event)
    before = await world.row(event)
    came = [await back(world), await back(world)]
    case, row = await shown(world, event), await world.row(event)

    assert abs(moment(suspended["suspended_until"]) - datetime.now(UTC) - 3 * DAY) < SOON
    assert (early, came) == (0, [1, 0])
    assert (case["status"], case["suspended_at"], case["suspended_until"]) == ("in_progress", None, None)
    assert case["version"] == suspended["version"] + 1
    assert await events_of(world, event) == [
        ("assigned", 1), ("accepted", 2), ("started", 3), ("suspended", 4), ("resumed", 5),
    ]  # fmt: skip
    gone, told = (each["payload"] for each in (await world.published(event))[-2:])
    assert moment(gone["until"]) == moment(suspended["suspended_until"])
    assert (told["actor"], told["asked_by"], told["reason"]) == ("dispatcher-demo", "officer-demo", "等配件")
    assert moment(told["until"]) == before["suspended_until"]
    assert moment(told["promised_at"]) == row["promised_at"] > before["promised_at"]
    [request] = case["requests"]
    assert (request["state"], request["until"] is None, request["lapsed_at"] is None) == ("approved", False, False)
    await world.run("UPDATE dispatch_case SET clock_version = 0 WHERE complaint_id = :id", id=event.subject)
    assert (await renewed(world, event))["promised_at"] == row["promised_at"]


async def test_it_can_be_laid_aside_again_and_go_on_by_hand(world: World) -> None:
    event = await aside(world, days=1)
    await over(world, event)
    await back(world)
    on = await grant(world, event, "suspension", "resumption")
    await world.run("UPDATE dispatch_case SET clock_version = 0 WHERE complaint_id = :id", id=event.subject)

    assert (on["status"], on["suspended_until"]) == ("in_progress", None)
    assert (await renewed(world, event))["promised_at"] == moment(on["promised_at"])
    assert problem(await ask(world, event, "suspension")) == (409, "too-many-requests-for-case")


async def test_who_asked_for_its_resumption_is_answered_with_it(world: World) -> None:
    event = await aside(world)
    assert (await ask(world, event, "resumption")).status_code == 200
    await over(world, event)

    assert await back(world) == 1
    states = {each["kind"]: each["state"] for each in (await shown(world, event))["requests"]}
    assert states == {"suspension": "approved", "resumption": "dropped"}


@pytest.mark.usefixtures("late_news")
async def test_without_an_end_the_rule_of_the_tenant_counts_at_once(world: World) -> None:
    shipped = await world.send("GET", RULE, role="officer")
    ninety = (await shown(world, await aside(world)))["suspended_until"]
    tag = {"If-Match": shipped.headers["ETag"]}
    rule = {"longest": {"amount": 5, "unit": "days"}}
    replaced = await put(world, "suspension-rule", rule, tenant=TENANT, **tag)
    stale = await put(world, "suspension-rule", rule, tenant=TENANT, **tag)
    event = await world.a_case("accept")

    late = await ask(world, event, "suspension", body(days=6))
    past = await ask(world, event, "suspension", body(days=-1))
    await grant(world, event, "suspension")

    assert (shipped.json()["shipped"], shipped.json()["longest"]) == (True, {"amount": 90, "unit": "days"})
    assert abs(moment(ninety) - datetime.now(UTC) - 90 * DAY) < SOON
    assert (replaced.status_code, replaced.json()["changed_by"], stale.status_code) == (200, "admin-demo", 412)
    assert problem(late) == (422, "suspension-too-long")
    assert abs(moment(late.json()["latest"]) - datetime.now(UTC) - 5 * DAY) < SOON
    assert (past.status_code, past.json()["errors"][0]["code"]) == (422, "end-out-of-range")
    end = (await shown(world, event))["suspended_until"]
    assert abs(moment(end) - datetime.now(UTC) - 5 * DAY) < SOON


async def test_only_administrators_set_the_rule_and_a_bad_one_is_named(world: World) -> None:
    rule = {"longest": {"amount": 5, "unit": "days"}}
    for role in ("dispatcher", "supervisor", "officer"):
        assert (await world.send("PUT", RULE, role=role, json=rule)).status_code == 403
    assert (await world.send("GET", RULE, role="citizen")).status_code == 403
    bad = await put(world, "suspension-rule", {"longest": {"amount": 367, "unit": "days"}}, tenant="bad")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/longest/amount")


async def test_an_end_that_is_over_before_somebody_decides_is_outdated(world: World) -> None:
    event = await world.a_case("accept")
    await ask(world, event, "suspension", body(days=1))
    await world.run("UPDATE case_request SET until = now() - interval '1 s' WHERE complaint_id = :id", id=event.subject)

    assert problem(await decide(world, event, "suspension")) == (409, "request-outdated")
    assert (await shown(world, event))["status"] == "accepted"


@pytest.mark.parametrize("left", ["NULL", "suspended_at - interval '1 day'"])
async def test_what_the_version_before_has_laid_aside_without_an_end_gets_one(world: World, left: str) -> None:
    """Nor does that version remove the end of a suspension that is over."""
    event = await aside(world)
    await world.run(f"UPDATE dispatch_case SET suspended_until = {left} WHERE complaint_id = :id", id=event.subject)

    assert await back(world) == 0
    case = await shown(world, event)
    assert case["status"] == "suspended"
    assert moment(case["suspended_until"]) > datetime.now(UTC) + DAY


async def test_its_coming_back_and_its_event_are_undone_together(world: World) -> None:
    event = await aside(world, days=1)
    await over(world, event)

    async with world.engine.connect() as connection:
        assert len(await bring_back_batch(connection, 10, Clockworks())) == 1
        await connection.rollback()
    async with world.engine.begin() as connection:
        hold = sa.text("SELECT FROM dispatch_case WHERE complaint_id = :id FOR UPDATE")
        await connection.execute(hold, {"id": event.subject})
        assert await back(world) == 0
        assert OLDEST._value.get() > 0
    assert (await shown(world, event))["status"] == "suspended"
    assert await back(world) == 1
    assert OLDEST._value.get() == 0


@pytest.mark.parametrize("size", [1, 3])
async def test_of_many_replicas_one_brings_it_back(world: World, size: int) -> None:
    events = [await aside(world, days=1) for _ in range(7)]
    await over(world, *events)

    counts = await asyncio.gather(*(bring_back(world.engine, Clockworks(), size=size) for _ in range(3)))

    assert sum(counts) + await back(world) == 7
    for event in events:
        told = [each for each in await world.published(event) if each["type"] == EventType.RESUMED]
        assert len(told) == 1


async def test_many_come_back_by_as_many_statements_as_one(world: World) -> None:
    taken = []
    for size in (1, 6):
        events = [await aside(world, days=1) for _ in range(size)]
        await over(world, *events)
        with statements(world) as executed:
            assert await back(world) == size
        taken.append(len(executed))

    assert taken[0] == taken[1]
