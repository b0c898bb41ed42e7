"""How much work teams and officers have."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dispatch.asking import grant
from dispatch.duties import HERE, SHANGHAI, a_duty, on_now
from dispatch.world import FAR_AWAY, NEIGHBOUR, World

WORKLOAD = "/dispatch/v1/workload"
ATTENDANCE = "/dispatch/v1/attendance"


async def workload(world: World, query: str = "", **options: Any) -> Any:
    response = await world.send("GET", f"{WORKLOAD}?{query}", role=options.pop("role", "dispatcher"), **options)
    assert response.status_code == 200, response.text
    return response.json()


def team(answer: Any, code: str) -> Any:
    return next(each for each in answer["teams"] if each["code"] == code)


def officer(answer: Any, code: str, subject: str) -> Any:
    return next(each for each in team(answer, code)["officers"] if each["subject"] == subject)


def load(answer: Any) -> tuple[int, ...]:
    return tuple(answer[name] for name in ("open", "waiting", "green", "yellow", "red"))


async def make_late(world: World, *ids: object) -> None:
    await world.run(
        "UPDATE dispatch_case SET warn_at = now() - interval '2 h', promised_at = now() - interval '1 h'"
        " WHERE complaint_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(ids),
    )


async def test_open_cases_are_counted_by_team_officer_and_light(world: World) -> None:
    late, taken, suspended, done = [await world.a_case() for _ in range(4)]
    for event in (taken, suspended, done):
        await world.act(event, "accept", role="officer", subject="officer-0801")
    await grant(world, suspended, "suspension")
    for step in ("start", "resolve"):
        await world.act(done, step, role="officer", subject="officer-0801")
    await make_late(world, late.subject)
    await world.run(
        "UPDATE dispatch_case SET suspended_at = now() - interval '3 h' WHERE complaint_id = :id", id=suspended.subject
    )
    await make_late(world, suspended.subject)  # it stood still before
    await world.a_case(at=FAR_AWAY)

    answer = await workload(world)

    assert load(answer) == (4, 2, 3, 0, 1)
    assert load(team(answer, "team-08")) == (3, 1, 2, 0, 1)
    assert load(team(answer, "duty-desk")) == (1, 1, 1, 0, 0)
    assert load(officer(answer, "team-08", "officer-0801")) == (2, 0, 2, 0, 0)
    assert load(officer(answer, "team-08", "officer-0802")) == (0, 0, 0, 0, 0)
    assert team(answer, "team-08")["oldest_received_at"] == "2026-03-01T08:00:00Z"
    assert team(answer, "team-01")["oldest_received_at"] is None
    assert len(answer["teams"]) == 16


async def test_who_is_on_duty_now_is_told(world: World) -> None:
    day = datetime.now(SHANGHAI).date()
    await world.run(
        "INSERT INTO shift VALUES ('522723', 'always', '全天', '00:00', '00:00', false) ON CONFLICT DO NOTHING"
    )
    for each in (day, day + timedelta(days=1)):
        await a_duty(world, "officer-0803", each, shift="always")

    answer = await workload(world, "team=team-08")
    only = await workload(world, "team=team-08&on_duty=true")

    assert officer(answer, "team-08", "officer-0803")["on_duty"] is True
    assert officer(answer, "team-08", "officer-0802")["on_duty"] is False
    assert (answer["on_duty"], team(answer, "team-08")["on_duty"]) == (1, 1)
    assert [each["subject"] for each in team(only, "team-08")["officers"]] == ["officer-0803"]


async def test_who_has_clocked_out_is_not_on_duty_any_more(world: World) -> None:
    await on_now(world, "officer-0804")
    for way in ("in", "out"):
        body = {"way": way, "position": HERE}
        clocked = await world.send("POST", ATTENDANCE, role="officer", subject="officer-0804", json=body)
        assert clocked.is_success, clocked.text

    answer = await workload(world, "team=team-08&on_duty=true")

    assert (answer["on_duty"], team(answer, "team-08")["officers"]) == (0, [])


async def test_who_has_left_the_team_is_shown_while_he_has_cases(world: World) -> None:
    event = await world.a_case()
    await world.run("INSERT INTO team_member VALUES ('522723', 'team-08', 'officer-leaving', 'leader')")
    await world.act(event, "accept", role="officer", subject="officer-leaving")
    await world.run("DELETE FROM team_member WHERE subject = 'officer-leaving'")

    shown = officer(await workload(world), "team-08", "officer-leaving")

    assert (shown["is_member"], shown["open"]) == (False, 1)


async def test_filters_narrow_it_down(world: World) -> None:
    assert [each["code"] for each in (await workload(world, "team=team-03"))["teams"]] == ["team-03"]
    assert [each["code"] for each in (await workload(world, "community=community-05"))["teams"]] == ["team-05"]
    assert (await workload(world, "community=community-05&team=team-03"))["teams"] == []
    assert (await workload(world, tenant=NEIGHBOUR))["teams"] == []
    assert (await world.send("GET", WORKLOAD, role="citizen")).status_code == 403


async def test_the_number_of_statements_does_not_grow(world: World) -> None:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    sa.event.listen(world.app.state.engine.sync_engine, "before_cursor_execute", note)
    await workload(world, "team=team-03")
    few = len(statements)
    statements.clear()
    await workload(world)
    sa.event.remove(world.app.state.engine.sync_engine, "before_cursor_execute", note)

    assert len(statements) == few == 4
