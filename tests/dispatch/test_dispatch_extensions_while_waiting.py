"""More time is asked for while the clock waits for the reporter: what would be promised if it went on counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import WHY, ask, decide, grant, moment, problem, shown
from dispatch.test_dispatch_moved_clocks import DAY, aged, has, renewed
from dispatch.test_dispatch_reporters import Talk
from dispatch.world import World

SOON = timedelta(minutes=1)


async def a_waiting_case(world: World, *, asked_after: timedelta = 9 * DAY) -> tuple[Event, Talk, datetime]:
    """Return a case of ten days that began twelve days ago and waits; with its begin."""
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=12), Talk(event)
    await world.deliver(talk.asked(begun_at + asked_after))
    return event, talk, begun_at


def body(until: datetime) -> dict[str, Any]:
    return {**WHY, "until": until.isoformat()}


async def extended(world: World, event: Event, until: datetime) -> datetime:
    """Let more time be agreed on; return when that was."""
    asked = await ask(world, event, "extension", body(until))
    assert asked.status_code == 200, asked.text
    decided = await decide(world, event, "extension")
    assert decided.status_code == 200, decided.text
    since: datetime = (await world.row(event))["waiting_since"]
    return since


async def test_a_case_that_waits_since_before_its_promised_time_gets_more(world: World) -> None:
    event, talk, _ = await a_waiting_case(world)
    now = datetime.now(UTC)
    until = now + 3 * DAY

    less = await ask(world, event, "extension", body(now + DAY / 2))
    agreed = await extended(world, event, until)
    case = await shown(world, event)

    assert (less.status_code, less.json()["errors"][0]["pointer"]) == (422, "/until")
    assert (moment(case["promised_at"]), case["light"]) == (until, "green")
    assert now <= agreed <= datetime.now(UTC)
    assert abs(timedelta(seconds=case["remaining_seconds"]) - (until - agreed)) < SOON
    await world.deliver(talk.answered(agreed + DAY))
    row = await world.row(event)
    assert (row["waiting_since"], row["promised_at"]) == (None, until + DAY)
    assert (await world.published(event))[-1]["type"] == EventType.RESCHEDULED
    await has(world, 20)
    assert (await renewed(world, event))["promised_at"] == until + DAY


async def test_what_was_agreed_during_a_wait_stays_also_where_settings_change_while_it_lasts(world: World) -> None:
    event, talk, _ = await a_waiting_case(world)
    until = datetime.now(UTC) + 3 * DAY
    agreed = await extended(world, event, until)
    before = await world.row(event)

    await world.run("UPDATE dispatch_case SET clock_version = 0 WHERE complaint_id = :id", id=event.subject)
    row = await renewed(world, event)
    assert {name: row[name] for name in ("warn_at", "promised_at", "twice_at")} == {
        name: before[name] for name in ("warn_at", "promised_at", "twice_at")
    }
    await has(world, 5)
    assert (await renewed(world, event))["promised_at"] == until
    await world.deliver(talk.lapsed(agreed + 2 * DAY))
    assert (await renewed(world, event))["promised_at"] == until + 2 * DAY


async def test_a_suspension_goes_on_from_what_was_agreed(world: World) -> None:
    event, _, _ = await a_waiting_case(world)
    until = datetime.now(UTC) + 3 * DAY
    agreed = await extended(world, event, until)

    suspended = await grant(world, event, "suspension")
    await has(world, 20)
    assert (await renewed(world, event))["promised_at"] == until
    assert moment(suspended["suspended_at"]) == agreed
    on = (await grant(world, event, "resumption"))["promised_at"]
    assert timedelta() < moment(on) - until < SOON
    await has(world, 30)
    assert (await renewed(world, event))["promised_at"] == moment(on)


async def test_what_was_late_before_it_waited_gets_no_more(world: World) -> None:
    event, _, _ = await a_waiting_case(world, asked_after=11 * DAY)

    late = await ask(world, event, "extension", body(datetime.now(UTC) + 3 * DAY))

    assert problem(late) == (409, "deadline-passed")


async def test_what_the_wait_has_given_meanwhile_needs_no_agreement(world: World) -> None:
    """Approved so late that the wait alone gives more time than was asked for."""
    event, _, begun_at = await a_waiting_case(world)
    assert (await ask(world, event, "extension", body(datetime.now(UTC) + 2 * DAY))).status_code == 200
    await world.run(
        "UPDATE dispatch_case SET waiting_since = CAST(:since AS timestamptz) WHERE complaint_id = :id",
        since=begun_at + 7 * DAY,
        id=event.subject,
    )

    assert problem(await decide(world, event, "extension")) == (409, "request-outdated")
