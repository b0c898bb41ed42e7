"""A roster that is planned anew: what is over and what stays the same is left alone, and nobody overwrites another."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from dispatch.duties import SHANGHAI, a_duty, get, plan
from dispatch.world import World
from runtime.clock import now

MONDAY = date(2031, 3, 3)
FIRST = {"weekday": 1, "shift": "morning", "subject": "officer-0801"}
SECOND = {"weekday": 1, "shift": "noon", "subject": "officer-0802"}
TEMPLATES = "/dispatch/v1/roster-templates"


def today() -> date:
    return now().astimezone(SHANGHAI).date()


async def asked(world: World, duty: Any, **body: Any) -> Any:
    path, body = f"/dispatch/v1/duties/{duty['id']}/requests", {"kind": "leave", "reason": "家中有事", **body}
    answer = await world.send("POST", path, role="officer", subject=duty["subject"], json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def request(world: World, request_id: str, subject: str) -> Any:
    path = "/dispatch/v1/duty-requests"
    answer = await world.send("GET", path, role="officer", subject=subject)
    return next(each for each in answer.json()["items"] if each["id"] == request_id)


async def replanned(world: World, way: str, first: date, last: date, week: list[Any], **options: Any) -> Any:
    """Plan by a roster or by a template."""
    if way == "roster":
        return await plan(world, "team-08", first, last, {"week": week}, **options)
    body = {"name": f"{first} {len(week)} {now()}", "team": "team-08", "weeks": [week], "holiday": "as_usual"}
    kept = await world.send("POST", TEMPLATES, role="dispatcher", json=body)
    assert kept.status_code == 201, kept.text
    path = f"{TEMPLATES}/{kept.json()['id']}/application?from={first}&to={last}"
    return await world.send("POST", path, role="dispatcher", **options)


async def duties(world: World, first: date, last: date) -> list[Any]:
    period = f"from={first}T00:00:00%2B08:00&to={last}T23:59:59%2B08:00"
    found: list[Any] = await get(world, f"rosters?team=team-08&limit=200&{period}")
    return found


async def a_past_week(world: World) -> tuple[date, date, list[Any]]:
    """Return a period that began a week ago and goes on, and a week for it; all its duties until now are planned."""
    first, last = today() - timedelta(days=7), today() + timedelta(days=7)
    await world.run("DELETE FROM duty WHERE team = 'team-08'")
    await world.run(
        "INSERT INTO duty (id, tenant, day, shift, team, subject, begins_at, ends_at, state)"
        " SELECT gen_random_uuid(), '522723', day, 'morning', 'team-08', 'officer-0801',"
        " (day + time '06:30') AT TIME ZONE 'Asia/Shanghai', (day + time '14:30') AT TIME ZONE 'Asia/Shanghai',"
        " CASE WHEN day = CAST(:first AS date) + 1 THEN 'leave' ELSE 'planned' END"
        " FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') AS days (at),"
        " LATERAL (SELECT CAST(at AS date) AS day) AS d",
        first=first,
        last=today() - timedelta(days=1),
    )
    week = [{"weekday": weekday, "shift": "noon", "subject": "officer-0802"} for weekday in range(1, 8)]
    return first, last, week


@pytest.mark.parametrize("way", ["roster", "template"])
async def test_what_is_over_stays_and_nothing_is_planned_for_a_time_that_is_over(world: World, way: str) -> None:
    first, last, week = await a_past_week(world)
    yesterday = today() - timedelta(days=1)
    before = await duties(world, first, yesterday)

    answer = await replanned(world, way, first, last, week)

    assert answer.status_code == 200, answer.text
    assert await duties(world, first, yesterday) == before
    ahead = await duties(world, today() + timedelta(days=1), last)
    assert [each["subject"] for each in ahead] == ["officer-0802"] * 7
    assert answer.json()["over"] == 7
    assert answer.json()["duties"] in {7, 8}  # with the noon of today, unless that is over


async def test_a_single_duty_is_not_planned_for_a_time_that_is_over_but_may_be_given_as_it_was(world: World) -> None:
    first, last, _ = await a_past_week(world)
    was = [
        {name: each[name] for name in ("day", "shift", "subject", "post")} for each in await duties(world, first, last)
    ]
    other = {**was[0], "subject": "officer-0803"}

    refused = await plan(world, "team-08", first, last, {"duties": [*was, other]})
    as_it_was = await plan(world, "team-08", first, last, {"duties": was})

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/duties/7", "duty-over")
    assert (as_it_was.status_code, as_it_was.json()["duties"], as_it_was.json()["over"]) == (200, 0, 7)


@pytest.mark.parametrize("way", ["roster", "template"])
async def test_what_is_asked_stays_with_a_duty_that_stays_and_ends_with_one_that_goes(world: World, way: str) -> None:
    day = MONDAY + timedelta(days=49 if way == "roster" else 56)
    await replanned(world, "roster", day, day, [FIRST, SECOND])
    mine, theirs = await duties(world, day, day)
    leave, swap = await asked(world, mine), await asked(world, theirs, kind="handover", to="officer-0803")

    answer = await replanned(world, way, day, day, [{**FIRST, "post": "post-0801"}])

    assert answer.status_code == 200, answer.text
    [left] = await duties(world, day, day)
    assert left == {**mine, "post": "post-0801"}
    assert (await request(world, leave["id"], "officer-0801"))["state"] == "pending"
    ended = await request(world, swap["id"], "officer-0802")
    assert (ended["state"], ended["decided_by"]) == ("dropped", "dispatcher-demo")
    assert "重新排班" in ended["note"]
    assert "planned anew" in ended["note"]
    decision = f"/dispatch/v1/duty-requests/{swap['id']}/decision"
    late = await world.send("POST", decision, role="dispatcher", json={"approved": True})
    assert (late.status_code, late.json()["type"]) == (409, "urn:jieban:problem:request-decided")
    dropped = await get(world, "duty-requests?state=dropped")
    assert swap["id"] in {each["id"] for each in dropped}


async def test_a_swap_ends_with_either_of_its_duties(world: World) -> None:
    day = MONDAY + timedelta(days=7)
    await replanned(world, "roster", day, day, [FIRST, SECOND])
    mine, theirs = await duties(world, day, day)
    swap = await asked(world, mine, kind="swap", other_duty=theirs["id"])

    await replanned(world, "roster", day, day, [FIRST])

    assert (await request(world, swap["id"], "officer-0801"))["state"] == "dropped"


async def test_who_has_come_stays_where_the_plan_is_the_same_and_only_there(world: World) -> None:
    day = MONDAY + timedelta(days=14)
    await replanned(world, "roster", day, day, [FIRST, SECOND])
    await world.run("UPDATE duty SET clocked_in_at = begins_at WHERE day = :day AND shift = 'morning'", day=day)

    same = await replanned(world, "roster", day, day, [FIRST])
    moved = await replanned(world, "roster", day, day, [{**FIRST, "post": "post-0801"}])
    gone = await replanned(world, "template", day, day, [SECOND])

    assert (same.status_code, same.json()["duties"]) == (200, 1)
    assert (moved.status_code, moved.json()["type"]) == (409, "urn:jieban:problem:duty-begun")
    assert (gone.status_code, gone.json()["type"]) == (409, "urn:jieban:problem:roster-conflicts")


async def test_a_duty_gets_the_present_hours_of_its_shift(world: World) -> None:
    day = MONDAY + timedelta(days=21)
    body = {"name": "变动班", "begins": "08:00", "ends": "12:00"}
    place = {"weekday": 1, "shift": "moving", "subject": "officer-0801"}
    await world.send("PUT", "/dispatch/v1/shifts/moving", role="admin", json=body)
    await replanned(world, "roster", day, day, [place])
    [before] = await duties(world, day, day)
    await world.send("PUT", "/dispatch/v1/shifts/moving", role="admin", json={**body, "begins": "09:00"})

    await replanned(world, "roster", day, day, [place])

    [after] = await duties(world, day, day)
    assert (after["id"], after["begins_at"]) == (before["id"], "2031-03-24T01:00:00Z")


@pytest.mark.parametrize("way", ["roster", "template"])
async def test_of_two_planners_the_second_does_not_overwrite_the_first(world: World, way: str) -> None:
    day = MONDAY + timedelta(days=28)
    read = await world.send("GET", "/dispatch/v1/rosters?team=team-08", role="dispatcher")
    tag = {"If-Match": read.headers["ETag"]}

    one = await replanned(world, way, day, day, [FIRST], headers=tag)
    other = await replanned(world, way, day, day, [SECOND], headers=tag)
    again = await replanned(world, way, day, day, [SECOND], headers={"If-Match": one.headers["ETag"]})
    blind = await replanned(world, way, day, day, [FIRST])

    assert [answer.status_code for answer in (one, other, again, blind)] == [200, 412, 200, 200]
    assert other.headers["ETag"] == one.headers["ETag"]
    after = await world.send("GET", "/dispatch/v1/rosters?team=team-08", role="officer")
    assert after.headers["ETag"] == blind.headers["ETag"]
    elsewhere = await world.send("GET", "/dispatch/v1/rosters?team=team-14", role="officer")
    assert elsewhere.headers["ETag"] == '"0"'


async def test_two_planners_at_once_do_not_overwrite_each_other(world: World) -> None:
    day = MONDAY + timedelta(days=35)
    read = await world.send("GET", "/dispatch/v1/rosters?team=team-08", role="dispatcher")
    tag = {"If-Match": read.headers["ETag"]}

    answers = await asyncio.gather(
        *(replanned(world, "roster", day, day, [each], headers=tag) for each in (FIRST, SECOND))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_handover_is_a_change_of_the_roster(world: World) -> None:
    duty = await a_duty(world, "officer-0801", MONDAY + timedelta(days=42))
    leave = await asked(world, duty)
    before = await world.send("GET", "/dispatch/v1/rosters?team=team-08", role="dispatcher")
    decision = f"/dispatch/v1/duty-requests/{leave['id']}/decision"
    await world.send("POST", decision, role="dispatcher", json={"approved": True})

    late = await plan(world, "team-08", MONDAY, MONDAY, {}, headers={"If-Match": before.headers["ETag"]})

    assert late.status_code == 412
