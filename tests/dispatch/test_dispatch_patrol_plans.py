"""Plans make patrols, each once, some days ahead."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from dispatch.asking import problem
from dispatch.duties import SHANGHAI
from dispatch.patrolling import GATE, a_plan, flaw, patrols_of, plan, today
from dispatch.world import FAR_AWAY, NEIGHBOUR, World
from dispatch_service.service.patrol_making import AHEAD, WAITING, make_patrols
from runtime.clock import now

PLANS = "/dispatch/v1/patrol-plans"


async def post(world: World, **changes: Any) -> Any:
    return await world.send("POST", PLANS, role="dispatcher", json=a_plan(**changes))


async def days(world: World, made: Any) -> list[str]:
    return [patrol["day"] for patrol in await patrols_of(world, f"plan={made['id']}")]


async def test_a_plan_has_its_patrols_at_once_with_window_and_points(world: World) -> None:
    tomorrow = today() + timedelta(days=1)
    made = await plan(world, first_day=str(tomorrow), grid="grid-08", points=[{"post": "post-0801"}, GATE])

    patrols = await patrols_of(world, f"plan={made['id']}")
    [post_1] = (await world.send("GET", "/dispatch/v1/posts?grid=grid-08&limit=1", role="officer")).json()["items"]

    assert [each["day"] for each in patrols] == [str(tomorrow + timedelta(days=n)) for n in range(AHEAD.days)]
    begin = datetime.combine(tomorrow, time(16), SHANGHAI)
    assert datetime.fromisoformat(patrols[0]["begins_at"]) == begin
    assert datetime.fromisoformat(patrols[0]["ends_at"]) == begin + timedelta(hours=6)
    assert [point["key"] for point in patrols[0]["points"]] == ["1", "gate"]
    assert patrols[0]["points"][0]["lon"] == post_1["lon"]
    assert patrols[0]["points"][0]["name"] == post_1["name"]
    assert made["id"] in {each["id"] for each in await listed(world, "post=post-0801&grid=grid-08&kind=daily_patrol")}
    assert made["id"] not in {each["id"] for each in await listed(world, "post=post-0802")}
    assert (patrols[0]["state"], patrols[0]["community"]) == ("planned", "community-08")
    assert await patrols_of(world, f"day={tomorrow}&team=team-08&state=planned&plan={made['id']}") == patrols[:1]
    assert await patrols_of(world, f"day={tomorrow}&plan={made['id']}", tenant=NEIGHBOUR) == []


async def test_replicas_at_once_make_each_patrol_once(world: World) -> None:
    made = [await plan(world, name=f"第{number}条") for number in range(6)]
    there = {each["id"]: await days(world, each) for each in made}
    await world.run("DELETE FROM patrol WHERE plan IS NOT NULL")
    await world.run("UPDATE patrol_plan SET made_until = CURRENT_DATE - 2")

    counts = await asyncio.gather(*(make_patrols(world.engine, SHANGHAI, size=2) for _ in range(4)))
    again = await make_patrols(world.engine, SHANGHAI)

    assert sum(counts) >= sum(map(len, there.values()))
    assert again == 0
    assert {each["id"]: await days(world, each) for each in made} == there
    assert WAITING._value.get() == 0


async def test_the_next_days_come_with_time_and_a_plan_that_has_ended_makes_no_more(world: World) -> None:
    lasting = await plan(world)
    short = await plan(world, last_day=str(today() + timedelta(days=8)))
    ended = await plan(world)
    gone = await world.send("DELETE", f"{PLANS}/{ended['id']}", role="dispatcher")

    await make_patrols(world.engine, SHANGHAI, now=lambda: now() + timedelta(days=3))

    assert (await days(world, lasting))[-1] == str(today() + timedelta(days=10))
    assert (await days(world, short))[-1] == str(today() + timedelta(days=8))
    assert gone.status_code == 204
    assert len(await days(world, ended)) <= 1
    assert [each["id"] for each in (await listed(world, "ended=true&limit=200"))] == [ended["id"]]


async def listed(world: World, query: str) -> Any:
    return (await world.send("GET", f"{PLANS}?{query}", role="officer")).json()["items"]


async def test_a_changed_plan_makes_what_has_not_begun_anew_and_leaves_what_was_called_off(world: World) -> None:
    made = await plan(world, first_day=str(today() + timedelta(days=1)))
    patrols = await patrols_of(world, f"plan={made['id']}")
    off = f"/dispatch/v1/patrols/{patrols[1]['id']}/cancellation"
    await world.send("POST", off, role="dispatcher", json={"reason": "停电"})

    body = a_plan(name="改线", first_day=str(today() + timedelta(days=1)), recurrence={"every_days": 2})
    path = f"{PLANS}/{made['id']}"
    changed = await world.send("PUT", path, role="dispatcher", json=body, headers={"If-Match": '"1"'})
    stale = await world.send("PUT", path, role="dispatcher", json=body, headers={"If-Match": '"1"'})

    after = await patrols_of(world, f"plan={made['id']}")
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert problem(stale) == (412, "precondition-failed")
    assert [(each["day"], each["state"]) for each in after] == [
        (patrols[0]["day"], "planned"),
        (patrols[1]["day"], "cancelled"),
        *((patrols[n]["day"], "planned") for n in (2, 4, 6)),
    ]
    assert {each["plan_version"] for each in after if each["state"] == "planned"} == {2}


async def test_working_days_are_those_of_the_tenant(world: World) -> None:
    day = today() + timedelta(days=1)
    put = await world.send(
        "PUT",
        f"/dispatch/v1/calendars/{day.year}",
        role="admin",
        json={"days": [{"date": str(day), "working": False, "name": "县庆"}]},
    )
    assert put.status_code == 200, put.text

    made = await plan(world, first_day=str(day), recurrence={"working_days_only": True})

    assert str(day) not in await days(world, made)
    never = await post(world, first_day=str(day), last_day=str(day), recurrence={"working_days_only": True})
    assert flaw(never) == (422, "/recurrence", "recurrence-never")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"team": "team-99"}, "/team", "unknown-team"),
        ({"grid": "grid-99"}, "/grid", "unknown-grid"),
        ({"shift": "night"}, "/shift", "unknown-shift"),
        ({"officers": ["officer-0801", "officer-0101"]}, "/officers/1", "not-a-member"),
        ({"points": [GATE, {"post": "post-9999"}]}, "/points/1/post", "unknown-post"),
        ({"points": [GATE, GATE]}, "/points/1/key", "duplicate-code"),
        ({"points": [{**GATE, "lon": FAR_AWAY[0], "lat": FAR_AWAY[1]}]}, "/points/0", "point-outside-county"),
        ({"points": [{"lon": 107.2, "lat": 26.6}]}, "/points/0", "point_place"),
        ({"points": [{**GATE, "post": "post-0801"}]}, "/points/0", "point_place"),
        ({"points": []}, "/points", "too_short"),
        ({"last_day": "2020-01-01"}, "/last_day", "window-reversed"),
        ({"first_day": "2020-01-01", "last_day": "2020-02-01"}, "/recurrence", "recurrence-never"),
        ({"recurrence": {"dates": ["2020-01-01"]}}, "/recurrence/dates/0", "outside-period"),
        ({"recurrence": {"weekdays": [1], "every_days": 2}}, "/recurrence", "recurrence_rules"),
        ({"recurrence": {"weekdays": [8]}}, "/recurrence/weekdays/0", "less_than_equal"),
        ({"recurrence": {"every_days": 0}}, "/recurrence/every_days", "greater_than_equal"),
        ({"first_day": 5}, "/first_day", "date_type"),
        ({"kind": "walk"}, "/kind", "enum"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_with_its_own_code(
    world: World, changes: Any, pointer: str, code: str
) -> None:
    assert flaw(await post(world, **changes)) == (422, pointer, code)


async def test_the_days_of_a_rule_reach_to_the_end_of_time(world: World) -> None:
    for first in ("0001-01-01", "9999-12-31"):
        assert (await post(world, first_day=first)).status_code == 201
    one_day = {"first_day": "0001-01-01", "recurrence": {"dates": ["0001-01-01"]}}
    assert flaw(await post(world, **one_day)) == (422, "/recurrence", "recurrence-never")


async def test_plans_are_kept_by_planners_read_by_staff_and_their_tenants_own(world: World) -> None:
    made = await plan(world)
    path = f"{PLANS}/{made['id']}"

    assert (await world.send("GET", path, role="officer")).headers["ETag"] == '"1"'
    assert problem(await world.send("GET", path, role="officer", tenant=NEIGHBOUR)) == (404, "plan-not-found")
    assert problem(await world.send("DELETE", path, role="dispatcher", tenant=NEIGHBOUR)) == (404, "plan-not-found")
    assert problem(await world.send("POST", PLANS, role="officer", json=a_plan())) == (403, "access-denied")
    assert problem(await world.send("GET", PLANS, role="citizen")) == (403, "access-denied")
    await world.send("DELETE", path, role="dispatcher")
    assert problem(await world.send("DELETE", path, role="dispatcher")) == (409, "plan-ended")
    assert problem(await world.send("PUT", path, role="dispatcher", json=a_plan())) == (409, "plan-ended")


async def test_a_repeated_creation_gets_the_first_answer_and_lists_go_on_page_by_page(world: World) -> None:
    headers = {"Idempotency-Key": "plan-once"}
    first, again = [
        await world.send("POST", PLANS, role="dispatcher", json=a_plan(team="team-03"), headers=headers)
        for _ in range(2)
    ]
    other = await world.send("POST", PLANS, role="dispatcher", json=a_plan(team="team-03", name="二"), headers=headers)
    second = await plan(world, team="team-03")

    assert first.json() == again.json()
    assert first.headers["Location"] == f"{PLANS}/{first.json()['id']}"
    assert problem(other) == (422, "idempotency-key-reused")
    page = await world.send("GET", f"{PLANS}?team=team-03&limit=1", role="officer")
    following = page.headers["Link"].partition(">")[0].removeprefix("<")
    rest = await world.send("GET", following, role="officer")
    ids = [each["id"] for answer in (page, rest) for each in answer.json()["items"]]
    assert ids == [first.json()["id"], second["id"]]


async def test_a_shift_and_a_team_that_a_plan_needs_stay(world: World) -> None:
    await world.send("PUT", "/dispatch/v1/teams/team-x", role="admin", json={"name": "临时队", "members": []})
    await world.send(
        "PUT", "/dispatch/v1/shifts/x", role="admin", json={"name": "临时", "begins": "08:00", "ends": "09:00"}
    )
    await plan(world, team="team-x", shift="x")

    assert problem(await world.send("DELETE", "/dispatch/v1/shifts/x", role="admin")) == (409, "place-in-use")
    assert problem(await world.send("DELETE", "/dispatch/v1/teams/team-x", role="admin")) == (409, "place-in-use")
