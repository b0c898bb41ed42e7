"""Who was on the roster and did not come, came late or left early."""

from datetime import date, timedelta
from typing import Any

import pytest

from dispatch.duties import HERE, get, on_now, plan
from dispatch.world import NEIGHBOUR, World
from runtime.clock import now

MONDAY = date(2026, 3, 2)
STORY = {
    "officer-0801": ("begins_at", "ends_at"),
    "officer-0802": ("begins_at + interval '12 min 59 s'", "ends_at - interval '30 min'"),
    "officer-0803": (None, None),
    "officer-0804": ("begins_at - interval '1 min'", None),
    "officer-0805": (None, None),
}
"""When each of the team clocked in and out of their morning; the last was on leave."""


async def a_week(world: World) -> None:
    """Let five mornings of the past have been planned, and happen as the story says."""
    await world.run("DELETE FROM duty WHERE team = 'team-08'")
    for subject in STORY:
        await world.run(
            "INSERT INTO duty (id, tenant, day, shift, team, subject, begins_at, ends_at, state)"
            " VALUES (gen_random_uuid(), '522723', '2026-03-02', 'morning', 'team-08', :subject,"
            " '2026-03-02T06:30:00+08:00', '2026-03-02T14:30:00+08:00', 'planned')",
            subject=subject,
        )
    for subject, (came, left) in STORY.items():
        await world.run(
            f"UPDATE duty SET clocked_in_at = {came or 'NULL'}, clocked_out_at = {left or 'NULL'},"
            " clocked_in_metres = 0, clocked_out_metres = 0 WHERE day = '2026-03-02' AND subject = :subject",
            subject=subject,
        )
    await world.run("UPDATE duty SET state = 'leave' WHERE day = '2026-03-02' AND subject = 'officer-0805'")


async def move(world: World, days: int) -> None:
    """Let what is planned for team-10 be so many days later."""
    await world.run(
        "UPDATE duty SET begins_at = begins_at + make_interval(days => :days),"
        " ends_at = ends_at + make_interval(days => :days), day = day + :days WHERE team = 'team-10'",
        days=days,
    )


async def absences(world: World, query: str, **options: Any) -> list[tuple[str, list[str]]]:
    found = await get(world, f"rosters/absences?{query}", **options)
    return sorted((each["subject"], each["reasons"]) for each in found)


async def test_absences_of_a_day_are_listed_with_their_reasons_and_leave_is_none(world: World) -> None:
    await a_week(world)
    day = f"from={MONDAY}"

    assert await absences(world, f"{day}&team=team-08") == [
        ("officer-0802", ["late", "left_early"]),
        ("officer-0803", ["absent"]),
        ("officer-0804", ["not_clocked_out"]),
    ]
    [late] = await get(world, f"rosters/absences?{day}&reason=late")
    assert (late["clocked_in"]["minutes"], late["asked"]) == (12, None)
    assert await absences(world, f"{day}&reason=late&grace=11") == [("officer-0802", ["late", "left_early"])]
    assert await absences(world, f"{day}&subject=officer-0802&grace=12") == [("officer-0802", ["left_early"])]
    assert len(await absences(world, f"{day}&community=community-08&to={MONDAY + timedelta(days=30)}")) == 3
    for nothing in ("team=team-09", "community=community-09", "subject=officer-0801", "post=post-0801"):
        assert await absences(world, f"{day}&{nothing}") == []
    assert await absences(world, f"from={MONDAY - timedelta(days=1)}") == []
    assert await absences(world, day, tenant=NEIGHBOUR) == []


async def test_absences_come_in_pages_and_are_for_those_who_watch(world: World) -> None:
    await a_week(world)
    path = f"/dispatch/v1/rosters/absences?from={MONDAY}&limit=2"

    page = await world.send("GET", path, role="analyst")
    rest = await world.send("GET", page.links["next"]["url"], role="analyst")

    assert [len(each.json()["items"]) for each in (page, rest)] == [2, 1]
    assert "next" not in rest.links
    answers = [await world.send("GET", path, role=role) for role in ("officer", "inspector", "citizen")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize("query", ["from=2026-03-02&to=2026-03-01", "from=2026-03-02&to=2026-04-02", "reason=x"])
async def test_a_question_that_cannot_be_is_refused(world: World, query: str) -> None:
    assert (await world.send("GET", f"/dispatch/v1/rosters/absences?{query}", role="supervisor")).status_code == 422


async def test_who_is_expected_now_and_has_not_come_is_seen_at_once(world: World) -> None:
    await on_now(world, "officer-0901")
    today = (await get(world, "rosters/on-duty?team=team-09"))[0]["day"]
    expected = await get(world, "rosters/on-duty?team=team-09&presence=not_clocked_in")
    missing = await absences(world, f"team=team-09&from={today}")
    body = {"way": "in", "position": HERE}

    await world.send("POST", "/dispatch/v1/attendance", role="officer", subject="officer-0901", json=body)
    present = await get(world, "rosters/on-duty?team=team-09&presence=present")
    before = await get(world, f"rosters/on-duty?team=team-09&at={(now() - timedelta(minutes=5)).isoformat()[:19]}Z")
    await world.send(
        "POST", "/dispatch/v1/attendance", role="officer", subject="officer-0901", json={**body, "way": "out"}
    )
    left = await get(world, "rosters/on-duty?team=team-09")

    assert [each["presence"] for each in (*expected, *present, *before, *left)] == [
        "not_clocked_in",
        "present",
        "not_clocked_in",
        "left",
    ]
    assert missing == [("officer-0901", ["not_clocked_in"])]
    assert await absences(world, f"team=team-09&from={today}") == [("officer-0901", ["late", "left_early"])]
    assert await get(world, "rosters/on-duty?team=team-09&presence=not_clocked_in") == []


async def test_what_is_asked_and_not_decided_stands_with_an_absence_and_a_swap_moves_it(world: World) -> None:
    day = now().date() + timedelta(days=3)
    duties = [
        {"day": str(day), "shift": shift, "subject": f"officer-100{n}"} for n, shift in ((1, "morning"), (2, "noon"))
    ]
    await plan(world, "team-10", day, day, {"duties": duties})
    one, other = [
        (await get(world, f"rosters?subject=officer-100{n}&from={day - timedelta(days=1)}T00:00:00Z"))[0]
        for n in (1, 2)
    ]
    asking: dict[str, Any] = {"role": "officer", "subject": "officer-1001"}
    body = {"kind": "swap", "other_duty": other["id"], "reason": "家中有事"}
    asked = await world.send("POST", f"/dispatch/v1/duties/{one['id']}/requests", json=body, **asking)
    await move(world, -9)
    past = f"team=team-10&from={day - timedelta(days=9)}"

    before = await get(world, f"rosters/absences?{past}")
    await move(world, 9)
    decision = f"/dispatch/v1/duty-requests/{asked.json()['id']}/decision"
    await world.send("POST", decision, role="dispatcher", json={"approved": True})
    await move(world, -9)
    after = await get(world, f"rosters/absences?{past}")

    assert [(each["subject"], each["shift"], each["asked"]) for each in before] == [
        ("officer-1001", "morning", "swap"),
        ("officer-1002", "noon", None),
    ]
    assert [(each["subject"], each["shift"], each["asked"]) for each in after] == [
        ("officer-1002", "morning", None),
        ("officer-1001", "noon", None),
    ]
