"""Clocks that were moved follow a change of limits and calendar too: pauses count anew, agreements stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import ask, decide, grant, moment, shown, until
from dispatch.test_dispatch_clocks import limits, put
from dispatch.test_dispatch_reporters import Talk
from dispatch.world import TENANT, World, reclassified
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_TIMES = ("assigned_at", "begun_at", "accept_by", "on_site_by", "warn_at", "promised_at", "twice_at", "timer_at")


async def has(world: World, amount: int, unit: str = "days") -> None:
    """Give all cases so much time."""
    line = {"category": None, "grade": None, "stage": "resolve", "amount": amount, "unit": unit}
    assert (await put(world, "limits", {"limits": [*limits()["limits"][:2], line]}, tenant=TENANT)).status_code == 200


async def works(world: World, *days_off: datetime) -> None:
    """Let every day be worked, but those."""
    off = {day.astimezone().date() for day in days_off}
    years = range(datetime.now(UTC).year - 1, datetime.now(UTC).year + 2)
    for year in years:
        first = datetime(year, 1, 1, tzinfo=UTC).date()
        days = [first + number * DAY for number in range(366)]
        rows = [{"date": day.isoformat(), "working": day not in off} for day in days if day.year == year]
        assert (await put(world, f"calendars/{year}", {"days": rows}, tenant=TENANT)).status_code == 200


async def aged(world: World, event: Event, **by: float) -> datetime:
    """Let the case have begun so much earlier; return when."""
    sets = ", ".join(f"{name} = {name} - CAST(:age AS interval)" for name in _TIMES)
    statement = f"UPDATE dispatch_case SET {sets} WHERE complaint_id = :id"
    await world.run(statement, age=timedelta(**by), id=event.subject)
    begun_at: datetime = (await world.row(event))["begun_at"]
    return begun_at


async def suspended_for(world: World, event: Event, **length: float) -> None:
    """Lay the case aside and take it up again, so much later."""
    await grant(world, event, "suspension")
    shift = "UPDATE {} = {} - CAST(:length AS interval) WHERE complaint_id = :id"
    for what in ("dispatch_case SET suspended_at", "case_request SET decided_at"):
        name = what.rpartition(" ")[2]
        await world.run(shift.format(what, name), length=timedelta(**length), id=event.subject)
    await grant(world, event, "resumption")


async def renewed(world: World, event: Event) -> Any:
    await renew_clocks(world.engine, Clockworks())
    return await world.row(event)


async def test_a_pause_counts_on_top_of_the_new_limit(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at = await aged(world, event, days=3)
    await suspended_for(world, event, days=1)
    before = await world.row(event)
    await has(world, 20)

    row = await renewed(world, event)
    paused = row["promised_at"] - begun_at - 20 * DAY
    assert DAY <= paused < DAY + timedelta(minutes=1)
    assert (row["suspensions"], row["warn_at"] - begun_at - paused) == (1, 16 * DAY)
    *_, told = await world.published(event)
    assert (told["type"], told["sequence"]) == (EventType.RESCHEDULED, row["sequence"])
    assert moment(told["payload"]["promised_before"]) == before["promised_at"]


async def test_a_case_that_is_laid_aside_follows_at_once_and_when_it_goes_on(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at = await aged(world, event, days=2)
    await grant(world, event, "suspension")
    await has(world, 20)

    row = await renewed(world, event)
    assert (row["status"], row["promised_at"]) == ("suspended", begun_at + 20 * DAY)
    assert timedelta(seconds=(await shown(world, event))["remaining_seconds"]) < 18 * DAY
    *_, told = await world.published(event)
    assert (told["type"], moment(told["payload"]["promised_at"])) == (EventType.RESCHEDULED, row["promised_at"])
    await grant(world, event, "resumption")
    on = await world.row(event)
    assert timedelta() < on["promised_at"] - row["promised_at"] < timedelta(minutes=1)
    await world.run("UPDATE dispatch_case SET clock_version = 0 WHERE complaint_id = :id", id=event.subject)
    assert (await renewed(world, event))["promised_at"] == on["promised_at"]


async def test_what_was_agreed_stays_as_it_was_agreed(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    body = await until(world, event, days=2)
    assert (await ask(world, event, "extension", body)).status_code == 200
    await decide(world, event, "extension")
    for amount in (5, 30):
        await has(world, amount)
        row = await renewed(world, event)
        assert row["promised_at"] == moment(body["until"])
        assert row["warn_at"] - row["begun_at"] == (moment(body["until"]) - row["begun_at"]) * 0.8
    assert [row["type"] for row in await world.published(event)][-1] == EventType.EXTENDED


async def test_a_pause_after_an_agreement_moves_it(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    await aged(world, event, days=3)
    body = await until(world, event, days=2)
    assert (await ask(world, event, "extension", body)).status_code == 200
    await decide(world, event, "extension")
    earlier = "UPDATE case_request SET decided_at = decided_at - interval '2 days' WHERE complaint_id = :id"
    await world.run(earlier, id=event.subject)
    await suspended_for(world, event, days=0.5)
    before = (await world.row(event))["promised_at"]
    await has(world, 20)

    assert before - moment(body["until"]) > DAY / 2
    assert abs((await renewed(world, event))["promised_at"] - before) < timedelta(seconds=1)


async def test_a_wait_for_the_reporter_counts_on_top_too_also_while_it_lasts(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=3), Talk(event)
    await world.deliver(talk.asked(begun_at + HOUR))
    await world.deliver(talk.answered(begun_at + DAY + HOUR))
    await world.deliver(talk.asked(begun_at + 2 * DAY))
    await has(world, 20)

    assert (await renewed(world, event))["promised_at"] == begun_at + 21 * DAY
    await world.deliver(talk.lapsed(begun_at + 2 * DAY + 6 * HOUR))
    assert (await world.row(event))["promised_at"] == begun_at + 21 * DAY + 6 * HOUR
    await has(world, 30)
    assert (await renewed(world, event))["promised_at"] == begun_at + 31 * DAY + 6 * HOUR


async def test_a_suspension_during_a_wait_is_one_pause(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=3), Talk(event)
    await world.deliver(talk.asked(begun_at + DAY))
    await grant(world, event, "suspension")
    await has(world, 20)
    assert (await renewed(world, event))["promised_at"] == begun_at + 20 * DAY
    await grant(world, event, "resumption")
    on = (await world.row(event))["promised_at"]
    assert 2 * DAY < on - begun_at - 20 * DAY < 2 * DAY + timedelta(minutes=1)
    await has(world, 30)

    assert (await renewed(world, event))["promised_at"] == on + 10 * DAY


async def test_a_holiday_moves_what_was_paused_by_the_days_that_fall_out(world: World) -> None:
    await works(world)
    await has(world, 5, "working_days")
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=3), Talk(event)
    await world.deliver(talk.asked(begun_at + DAY))
    await world.deliver(talk.answered(begun_at + 2 * DAY))
    assert (await world.row(event))["promised_at"] == begun_at + 6 * DAY
    await works(world, begun_at + 4 * DAY, begun_at + 5 * DAY)

    assert (await renewed(world, event))["promised_at"] == begun_at + 8 * DAY


@pytest.mark.parametrize("regraded", [True, False])
async def test_another_grade_sets_all_times_anew_and_what_was_agreed_for_the_one_before_lapses(
    world: World, *, regraded: bool
) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    body = await until(world, event, days=2)
    assert (await ask(world, event, "extension", body)).status_code == 200
    await decide(world, event, "extension")
    await grant(world, event, "return")
    grade = {"grade": "urgent"} if regraded else {}
    assert (await world.act(event, "assign", {"team": "team-09", **grade}, role="dispatcher")).status_code == 200
    await has(world, 20)

    row = await renewed(world, event)
    assert row["promised_at"] == (row["begun_at"] + 20 * DAY if regraded else moment(body["until"]))
    [request] = [each for each in (await shown(world, event))["requests"] if each["kind"] == "extension"]
    assert (request["state"], request["lapsed_at"] is not None) == ("approved", regraded)


async def test_another_category_counts_with_the_pauses_that_were_had(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=3), Talk(event)
    await world.deliver(talk.asked(begun_at + HOUR))
    await world.deliver(talk.answered(begun_at + DAY + HOUR))
    own = {"category": "noise", "grade": None, "stage": "resolve", "amount": 4, "unit": "days"}
    lines = limits()["limits"]
    assert (await put(world, "limits", {"limits": [*lines, own]}, tenant=TENANT)).status_code == 200
    await world.deliver(reclassified(event, "noise.night", sequence=talk.number + 1))

    assert (await renewed(world, event))["promised_at"] == begun_at + 5 * DAY


async def test_a_clock_that_was_moved_by_settings_of_before_is_renewed(world: World) -> None:
    await has(world, 10)
    event = await world.a_case("accept")
    begun_at, talk = await aged(world, event, days=3), Talk(event)
    await world.deliver(talk.asked(begun_at + HOUR))
    await has(world, 20)
    await renewed(world, event)
    version = (await world.row(event))["clock_version"]
    await world.run("UPDATE clock_setting SET version = version - 1 WHERE name = 'limits'")  # as a cache knows it
    await world.deliver(talk.answered(begun_at + DAY + HOUR))
    assert (await world.row(event))["clock_version"] == version - 1
    await world.run("UPDATE clock_setting SET version = version + 1 WHERE name = 'limits'")

    row = await renewed(world, event)
    assert (row["clock_version"], row["promised_at"]) == (version, begun_at + 21 * DAY)
