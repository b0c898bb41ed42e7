"""An officer is chosen too where a dispatcher names the team, and where another round begins."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import moment, shown
from dispatch.ruling import can, on_duty, place_of, publish, routed, rule, stands
from dispatch.world import World, later
from runtime.clock import now

HOUR = timedelta(hours=1)


async def assign(world: World, event: Event, team: str) -> Any:
    answer = await world.act(event, "assign", {"team": team}, role="dispatcher")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(world: World, event: Event) -> dict[str, Any]:
    """Return the last assignment that was published."""
    rows = [row for row in await world.published(event) if row["type"] == EventType.ASSIGNED]
    payload: dict[str, Any] = rows[-1]["payload"]
    return payload


async def test_of_the_team_that_a_dispatcher_names_the_nearest_on_duty_is_chosen(world: World) -> None:
    place = await place_of(world, 8)
    event, _ = await routed(world, at=place)
    for subject in ("near", "far"):
        await on_duty(world, "team-09", subject)
    await stands(world, "near", place)
    await stands(world, "far", (place[0] + 0.05, place[1]))

    case = await assign(world, event, "team-09")

    assert (case["assignee"], case["expected_from"], case["explanation"]["rule"]) == ("near", None, "dispatcher")
    assert (case["explanation"]["choice"]["why"], case["explanation"]["from_team"]) == ("nearest", "team-08")
    assert (await told(world, event))["officer"] == "near"


async def test_a_team_that_a_dispatcher_names_has_the_case_although_nobody_is_on_duty(world: World) -> None:
    event, _ = await routed(world, at=await place_of(world, 8))
    await on_duty(world, "team-10", "morning", begins=3 * HOUR, ends=9 * HOUR)
    await on_duty(world, "duty-desk", "at-the-desk")

    case = await assign(world, event, "team-10")

    assert (case["team"]["code"], case["assignee"]) == ("team-10", None)
    assert moment(case["expected_from"]) == moment(case["explanation"]["expected_from"])
    assert case["explanation"]["choice"]["why"] == "nobody_on_duty"
    assert "officer" not in await told(world, event)


async def test_who_has_left_the_team_is_not_chosen(world: World) -> None:
    event, _ = await routed(world, at=await place_of(world, 8))
    for subject in ("stayed", "left"):
        await on_duty(world, "team-13", subject)
    await world.run("DELETE FROM team_member WHERE team = 'team-13' AND subject = 'left'")
    await world.run("UPDATE dispatch_case SET assignee = 'stayed' WHERE complaint_id = :id", id=event.subject)

    case = await assign(world, event, "team-13")

    assert (case["assignee"], case["explanation"]["choice"]["on_duty"]) == ("stayed", 1)


async def test_without_a_roster_nobody_is_chosen(world: World) -> None:
    event, _ = await routed(world, at=await place_of(world, 8))

    case = await assign(world, event, "team-11")

    assert (case["assignee"], case["expected_from"], case["explanation"]["choice"]) == (None, None, None)


@pytest.mark.parametrize("steps", [[EventType.REWORK_ORDERED], [EventType.VERIFIED, EventType.CLOSED]])
async def test_another_round_goes_to_somebody_on_duty_who_can_do_it(world: World, steps: list[EventType]) -> None:
    team = f"team-0{len(steps)}"
    place = await place_of(world, len(steps))
    await publish(world, rule("amps", {"categories": ["noise_and_fumes"]}, {"team": team, "skill": "electric"}))
    event, _ = await routed(world, at=place, category="noise_and_fumes.bar")
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    for subject in ("able", "other"):
        await on_duty(world, team, subject)
    await stands(world, "other", place)
    await can(world, "able", "electric")
    if len(steps) > 1:
        steps = [*steps, EventType.REOPENED]
    for step in steps:
        await world.deliver(later(event, step))

    row = await world.row(event)
    assert (row["round"], row["team"], row["assignee"], row["explanation"]["skill"]) == (2, team, "able", "electric")
    assert row["explanation"]["choice"]["with_skill"] == 1
    assert row["explanation"]["rule"] == {1: "rework", 3: "reopening"}[len(steps)]
    assert (await told(world, event))["officer"] == "able"
    assert (await shown(world, event))["explanation"]["round"] == 2


async def listed(world: World, path: str, subject: str) -> set[str]:
    """Return the ids of a list as `subject` sees it."""
    answer = await world.send("GET", f"/dispatch/v1/{path}", role="officer", subject=subject)
    assert answer.status_code == 200, answer.text
    return {each["complaint_id"] for each in answer.json()["items"]}


async def test_mine_are_cases_of_my_teams_that_are_mine_or_nobodys(world: World, crew: str) -> None:
    await world.run(
        "INSERT INTO team_member VALUES ('522723', 'team-08', 'colleague', 'mobile') ON CONFLICT DO NOTHING"
    )
    mine, colleagues, nobodys = [await world.a_case() for _ in range(3)]
    for event, subject in ((mine, crew), (colleagues, "colleague")):
        await world.act(event, "accept", role="officer", subject=subject)
    ids = [str(event.subject) for event in (mine, colleagues, nobodys)]

    assert await listed(world, "cases?mine=true", crew) == {ids[0], ids[2]}
    assert await listed(world, "cases?assignee=me", crew) == {ids[0]}
    assert await listed(world, "cases?assignee=colleague", crew) == {ids[1]}
    assert await listed(world, "cases?team=team-08", crew) == set(ids)
    assert await listed(world, "worklist", crew) == set(ids)
    assert await listed(world, "worklist?mine=true", crew) == {ids[0], ids[2]}


async def test_what_a_colleague_takes_on_leaves_what_is_mine(world: World, crew: str) -> None:
    await world.run(
        "INSERT INTO team_member VALUES ('522723', 'team-08', 'colleague', 'mobile') ON CONFLICT DO NOTHING"
    )
    event = await world.a_case()
    path = "/dispatch/v1/worklist"
    first = (await world.send("GET", path, role="officer", subject=crew, params={"mine": "true"})).json()
    await world.act(event, "accept", role="officer", subject="colleague")

    since = {"updated_after": first["updated_after"]}
    own = (await world.send("GET", path, role="officer", subject=crew, params={**since, "mine": "true"})).json()
    whole = (await world.send("GET", path, role="officer", subject=crew, params=since)).json()

    assert (own["gone"], own["items"]) == ([str(event.subject)], [])
    assert (whole["gone"], whole["items"][0]["assignee"]) == ([], "colleague")


async def test_a_dry_run_goes_by_the_rosters_of_the_time(world: World) -> None:
    event, _ = await routed(world, at=await place_of(world, 8), description="夜间积水")
    other, _ = await routed(world, at=await place_of(world, 8), description="夜间积水", received_at=now() + HOUR)
    await on_duty(world, "team-12", "later", begins=HOUR / 2, ends=2 * HOUR)
    await world.run("UPDATE dispatch_case SET received_at = now() WHERE complaint_id = :id", id=event.subject)
    flood = rule("flood", {"words": ["积水"]}, {"team": "team-12", "grade": "urgent"})
    body = {"from": (now() - HOUR).isoformat(), "to": (now() + HOUR).isoformat(), "rules": [flood]}

    told = await world.send("POST", "/dispatch/v1/rules/dry-run", role="dispatcher", json=body)

    samples = {each["complaint_id"]: each for each in told.json()["rules"][0]["samples"]}
    assert [
        (samples[str(each.subject)]["team_then"], samples[str(each.subject)]["instead_of_then"])
        for each in (event, other)
    ] == [("duty-desk", "team-12"), ("team-12", None)]
