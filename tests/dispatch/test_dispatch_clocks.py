"""Limits and calendars over REST, promised times with the assignment, lights and deadlines in lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.lifecycle import EventType
from dispatch.world import TENANT, TOWN, World, received
from dispatch_service.service.clockworks import Clockworks, default_limits
from dispatch_service.service.renewing import renew_clocks

V1 = "/dispatch/v1"
OWN = "440300"
"""A tenant that only one test uses at a time."""


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def put(world: World, path: str, body: object, *, tenant: str, **headers: str) -> Any:
    return await world.send("PUT", f"{V1}/{path}", role="admin", json=body, tenant=tenant, headers=headers)


async def get(world: World, path: str, *, tenant: str = OWN) -> Any:
    response = await world.send("GET", f"{V1}/{path}", role="analyst", tenant=tenant)
    assert response.status_code == 200, response.text
    return response


def hours(stage: str, amount: int, **which: str) -> dict[str, Any]:
    return {**which, "stage": stage, "amount": amount, "unit": "hours"}


def limits(*more: dict[str, Any], resolve: int = 10) -> dict[str, Any]:
    stages = [("accept", 1), ("on_site", 2), ("resolve", resolve)]
    return {"limits": [*(hours(stage, amount) for stage, amount in stages), *more]}


async def ticked(world: World, tenant: str, **hours: float) -> None:
    """Let the cases of a tenant be older by moving their times."""
    moved = {"assigned_at", "begun_at", "accept_by", "on_site_by", "warn_at", "promised_at", "twice_at", "timer_at"}
    sets = ", ".join(f"{name} = {name} - make_interval(mins => :minutes)" for name in sorted(moved))
    minutes = int(timedelta(**hours).total_seconds() // 60)
    await world.run(f"UPDATE dispatch_case SET {sets} WHERE tenant = :tenant", tenant=tenant, minutes=minutes)


async def test_what_is_shipped_is_shown_until_an_administrator_replaces_it(world: World) -> None:
    shipped = await get(world, "limits")
    replaced = await put(world, "limits", limits(), tenant=OWN, **{"If-Match": shipped.headers["ETag"]})
    shown = await get(world, "limits")

    assert (shipped.json()["shipped"], shipped.headers["ETag"]) == (True, '"0"')
    assert shipped.json()["limits"] == list(default_limits())
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"1"')
    assert shown.json() == replaced.json()
    assert (shown.json()["shipped"], shown.json()["changed_by"]) == (False, "admin-demo")
    assert shown.json()["limits"][2] == {
        "category": None, "grade": None, "stage": "resolve", "amount": 10, "unit": "hours",
    }  # fmt: skip
    assert (await get(world, "limits", tenant="another")).json()["shipped"]


async def test_a_stale_replacement_changes_nothing(world: World) -> None:
    await put(world, "office-hours", {"spans": [{"from": "08:30", "to": "17:30"}]}, tenant="stale")
    late = await put(
        world, "office-hours", {"spans": [{"from": "00:00", "to": "00:00"}]}, tenant="stale", **{"If-Match": '"0"'}
    )

    assert (late.status_code, late.headers["ETag"]) == (412, '"1"')
    assert (await get(world, "office-hours", tenant="stale")).json()["spans"] == [{"from": "08:30", "to": "17:30"}]


BAD = [
    ("limits", {"limits": []}, "/limits", "too_short"),
    ("limits", limits(limits()["limits"][0]), "/limits/3", "limit-twice"),
    ("limits", {"limits": [{**line, "category": "a"} for line in limits()["limits"]]}, "/limits", "limit-missing"),
    ("limits", limits(resolve=0), "/limits/2/amount", "greater_than_equal"),
    ("limits", limits(resolve=2001), "/limits/2/amount", "less_than_equal"),
    ("limits", limits(hours("verify", 1)), "/limits/3/stage", "enum"),
    ("limits", limits(hours("accept", 1, category="a..b")), "/limits/3/category", "string_pattern_mismatch"),
    ("office-hours", {"spans": [{"from": "12:00", "to": "09:00"}]}, "/spans", "office-hours-invalid"),
    ("office-hours", {"spans": [{"from": "9", "to": "12:00"}]}, "/spans/0/from", "string_pattern_mismatch"),
    ("calendars/2026", {"days": [{"date": "2027-01-01", "working": True}]}, "/days/0/date", "date-outside-year"),
    ("calendars/2026", {"days": [{"date": "2026-02-30", "working": True}]}, "/days/0/date", "date_parsing"),
    ("calendars/2026", {"days": [{"date": 20260101, "working": True}]}, "/days/0/date", "date_type"),
    ("calendars/2026", {"days": [{"date": "2026-01-01", "working": 1}]}, "/days/0/working", "bool_type"),
    ("calendars/2026", {"days": [{"date": "2026-05-08", "working": True}] * 2}, "/days/1/date", "date-twice"),
    ("calendars/1999", {"days": []}, "path/year", "greater_than_equal"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "pointer", "code"), BAD)
async def test_bad_settings_are_named(world: World, path: str, body: object, pointer: str, code: str) -> None:
    response = await put(world, path, body, tenant="bad")

    assert response.status_code == 422, response.text
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]
    assert response.json()["errors"][0]["message"]


@pytest.mark.parametrize("path", ["limits", "office-hours", "calendars/2026"])
async def test_only_administrators_replace_settings_and_staff_reads_them(world: World, path: str) -> None:
    for role in ("dispatcher", "supervisor", "officer", "citizen"):
        assert (await world.send("PUT", f"{V1}/{path}", role=role, json={})).status_code == 403
    assert (await world.send("GET", f"{V1}/{path}", role="citizen")).status_code == 403
    assert (await world.send("GET", f"{V1}/{path}", role="officer")).status_code == 200


async def test_a_calendar_has_the_holidays_with_their_make_up_days_and_the_tenants_own(world: World) -> None:
    known = (await get(world, "calendars/2026", tenant="calendar")).json()
    own = {"days": [{"date": "2026-11-04", "working": False, "name": "停电检修"}]}
    changed = (await put(world, "calendars/2026", own, tenant="calendar")).json()
    unknown = (await get(world, "calendars/2091", tenant="calendar")).json()

    days = {day["date"]: day for day in changed["days"]}
    assert days["2026-10-01"] == {"date": "2026-10-01", "working": False, "name": "国庆节", "own": False}
    assert days["2026-10-10"] == {"date": "2026-10-10", "working": True, "name": "国庆节", "own": False}
    assert days["2026-11-04"] == {"date": "2026-11-04", "working": False, "name": "停电检修", "own": True}
    assert changed["working_days"] == known["working_days"] - 1
    assert (known["holidays_known"], unknown["holidays_known"], unknown["days"]) == (True, False, [])


async def test_a_case_gets_its_times_with_the_assignment_and_the_event_says_when(world: World) -> None:
    await put(world, "limits", limits(resolve=10), tenant="times")
    event = received(tenant="times")
    await world.deliver(event)

    shown = (await get(world, f"cases/{event.subject}", tenant="times")).json()
    assigned_at = moment(shown["assigned_at"])
    assert [moment(shown[name]) - assigned_at for name in ("accept_by", "on_site_by", "promised_at")] == [
        timedelta(hours=1), timedelta(hours=2), timedelta(hours=10),
    ]  # fmt: skip
    assert (shown["light"], shown["grade"]) == ("green", "ordinary")
    assert 35_900 < shown["remaining_seconds"] <= 36_000
    (assigned,) = await world.published(event)
    assert moment(assigned["payload"]["promised_at"]) == moment(shown["promised_at"])


async def test_a_slice_of_many_categories_and_tenants_gives_each_case_its_own_times(world: World) -> None:
    await put(
        world, "limits", limits({"category": "b", "stage": "resolve", "amount": 7, "unit": "days"}), tenant="many"
    )
    events = [received(TOWN, category=category, tenant="many") for category in ("a", "b.c", "a", None, "b")]
    other = received(category="b", tenant="many-others")
    await world.deliver(*events, other)

    lengths = [(row := await world.row(event))["promised_at"] - row["assigned_at"] for event in events]
    hours, days = timedelta(hours=10), timedelta(days=7)
    assert lengths == [hours, days, hours, hours, days]
    assert (await world.row(other))["clock_unit"] == "working_days"
    for event in (*events, other):
        assert (
            (await world.row(event))["promised_at"]
            .isoformat()
            .startswith((await world.published(event))[0]["payload"]["promised_at"][:19])
        )


async def test_another_grade_gives_another_promise_and_another_team_does_not(world: World) -> None:
    await put(
        world,
        "limits",
        limits({"grade": "emergency", "stage": "resolve", "amount": 3, "unit": "hours"}),
        tenant=TENANT,
    )
    event = await world.a_case()
    before = (await get(world, f"cases/{event.subject}", tenant=TENANT)).json()

    moved = (await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")).json()
    urgent = (await world.act(event, "assign", {"team": "team-03", "grade": "emergency"}, role="dispatcher")).json()
    bad = await world.act(event, "assign", {"team": "team-03", "grade": "later"}, role="dispatcher")

    assert moved["promised_at"] == before["promised_at"]
    assert moved["accept_by"] > before["accept_by"]
    assert moment(urgent["promised_at"]) - moment(before["assigned_at"]) == timedelta(hours=3)
    assert urgent["grade"] == "emergency"
    assert [moment(row["payload"]["promised_at"]) for row in await world.published(event)] == [
        moment(view["promised_at"]) for view in (before, moved, urgent)
    ]
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/grade")


async def test_open_cases_follow_a_change_of_limits_and_others_do_not(world: World) -> None:
    tenant = "follows"
    await put(world, "limits", limits(resolve=10), tenant=tenant)
    events = [received(tenant=tenant) for _ in range(3)]
    await world.deliver(*events)
    await world.run("UPDATE dispatch_case SET status = 'closed' WHERE complaint_id = :id", id=events[0].subject)
    await world.run("UPDATE dispatch_case SET status = 'withdrawn' WHERE complaint_id = :id", id=events[1].subject)
    await put(world, "limits", limits(resolve=20), tenant=tenant)

    await renew_clocks(world.engine, Clockworks(check_every_seconds=0))
    assert await renew_clocks(world.engine, Clockworks(check_every_seconds=0)) == 0

    lengths = [(row := await world.row(event))["promised_at"] - row["assigned_at"] for event in events]
    assert lengths == [timedelta(hours=10), timedelta(hours=10), timedelta(hours=20)]
    assert (await world.row(events[2]))["timer_at"] == (await world.row(events[2]))["warn_at"]
    first, second = await world.published(events[2])
    assert (second["type"], second["sequence"]) == (EventType.RESCHEDULED, 2)
    told = [moment(second["payload"][name]) for name in ("promised_before", "promised_at")]
    assert told == [moment(first["payload"]["promised_at"]), (await world.row(events[2]))["promised_at"]]
    assert [len(await world.published(event)) for event in events[:2]] == [1, 1]


async def test_a_case_of_a_version_without_clocks_gets_one_and_one_of_a_new_round_a_new_one(world: World) -> None:
    tenant = "rounds"
    await put(world, "limits", limits(resolve=10), tenant=tenant)
    old, again = received(tenant=tenant), received(tenant=tenant)
    await world.deliver(old, again)
    nothing = "clock_version = 0, clock_round = 0, promised_at = NULL, warn_at = NULL, timer_at = NULL, begun_at = NULL"
    await world.run(f"UPDATE dispatch_case SET {nothing} WHERE complaint_id = :id", id=old.subject)
    await world.run(
        "UPDATE dispatch_case SET round = 2, escalated = 200, timer_at = NULL, extensions = 2,"
        " promised_at = promised_at - interval '1 day' WHERE complaint_id = :id",
        id=again.subject,
    )

    await renew_clocks(world.engine, Clockworks(check_every_seconds=0))

    row = await world.row(old)
    assert row["promised_at"] - row["assigned_at"] == timedelta(hours=10)
    row = await world.row(again)
    assert row["promised_at"] > datetime.now(UTC) + timedelta(hours=9)
    assert (row["escalated"], row["extensions"], row["timer_at"]) == (0, 0, row["warn_at"])


async def test_lists_by_light_and_deadline(world: World) -> None:
    tenant = "lights"
    await put(world, "limits", limits(hours("resolve", 4, category="quick")), tenant=tenant)
    red = received(tenant=tenant, category="quick")
    await world.deliver(red)
    await ticked(world, tenant, hours=5)
    yellow, green = received(tenant=tenant), received(tenant=tenant)
    await world.deliver(yellow)
    await ticked(world, tenant, hours=9)
    await world.deliver(green)
    names = {str(red.subject): "red", str(yellow.subject): "yellow", str(green.subject): "green"}

    async def listed(query: str) -> list[str]:
        path, found = f"cases?limit=1&{query}", []
        while path:
            response = await get(world, path, tenant=tenant)
            found += [item["complaint_id"] for item in response.json()["items"]]
            path = response.links["next"]["url"].removeprefix(f"{V1}/") if "next" in response.links else ""
        return [names[one] for one in found]

    for light in names.values():
        assert await listed(f"light={light}") == [light]
    assert await listed("overdue=true") == ["red"]
    assert await listed("overdue=false") == ["green", "yellow"]
    assert await listed("sort=deadline") == ["red", "yellow", "green"]
    assert await listed("sort=deadline&overdue=false") == ["yellow", "green"]
    assert await listed("grade=urgent") == []
    bad = await world.send("GET", f"{V1}/cases?light=blue", role="analyst")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "query/light")
