"""Rectification within a limit: ordered, told of when its time is over, inspected again, and what may follow."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import ask, decide, events_of, grant, moment, problem, shown
from dispatch.world import NEIGHBOUR, World, later, received
from dispatch_service.service.reinspections import OLDEST, tell_batch, tell_due
from runtime.database import create_engine

WITHIN = "rectification_within_limit"


def later_on(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def order(world: World, event: Event, **changes: Any) -> Any:
    role, options = changes.pop("role", "officer"), {}
    if "tenant" in changes:
        options["tenant"] = changes.pop("tenant")
    body = {"notice": "三日内拆除违规广告牌", "until": later_on(days=3), **changes}
    return await world.act(event, "rectification", body, role=role, **options)


async def inspect(world: World, event: Event, *, passed: bool, **options: Any) -> Any:
    return await world.act(event, "reinspection", {"passed": passed}, role=options.pop("role", "officer"), **options)


async def resolve(world: World, event: Event, mode: str, *, passed: bool | None = None) -> tuple[int, str]:
    body: dict[str, Any] = {"handling_mode": mode, "result": "已整改"}
    if passed is not None:
        body["reinspection"] = {"passed": passed, "note": "复查"}
    answer = await world.act(event, "resolve", body, role="officer")
    return (200, "") if answer.status_code == 200 else problem(answer)


async def over(world: World, *events: Event) -> None:
    """Let the time of the orders be over."""
    await world.run(
        "UPDATE dispatch_case SET rectify_until = now() - interval '1 s'"
        " WHERE complaint_id = ANY(CAST(:ids AS uuid[])) AND rectify_until IS NOT NULL",
        ids=[event.subject for event in events],
    )


async def told(world: World, event: Event) -> list[int]:
    """Return the numbers of the events that say that a re-inspection is due."""
    return [row["sequence"] for row in await world.published(event) if row["type"] == EventType.REINSPECTION_DUE]


async def test_the_case_comes_back_by_itself_and_ends_with_the_inspection(world: World) -> None:
    event = await world.a_case("accept", "start")
    before = await shown(world, event)
    photo = {"id": str(uuid4()), "role": "before"}
    ordered = (await order(world, event, photos=[photo])).json()
    early = await tell_due(world.engine)
    await over(world, event)
    due = [await tell_due(world.engine), await tell_due(world.engine)]
    flagged = await shown(world, event)
    done = await resolve(world, event, WITHIN, passed=True)
    after = await shown(world, event)

    assert (ordered["status"], ordered["reinspection"], ordered["version"]) == ("in_progress", "ordered", 4)
    assert ordered["promised_at"] == before["promised_at"]
    (line,) = ordered["rectifications"]
    assert (line["number"], line["notice"], line["photos"]) == (1, "三日内拆除违规广告牌", [photo])
    assert (line["until"], line["passed"], line["announced_at"]) == (ordered["rectify_until"], None, None)
    assert (early, due) == (0, [1, 0])
    assert (flagged["reinspection"], flagged["status"], flagged["version"]) == ("due", "in_progress", 4)
    assert flagged["rectifications"][0]["announced_at"] is not None
    assert done == (200, "")
    assert (after["status"], after["reinspection"], after["rectify_until"]) == ("resolved", None, None)
    assert (after["rectifications"][0]["passed"], after["rectifications"][0]["note"]) == (True, "复查")
    assert await events_of(world, event) == [
        ("assigned", 1), ("accepted", 2), ("started", 3), ("rectification_ordered", 4), ("reinspection_due", 5),
        ("reinspected", 6), ("resolved", 7),
    ]  # fmt: skip
    given, came, looked = (row["payload"] for row in (await world.published(event))[3:6])
    assert (given["notice"], moment(given["until"]), given["actor"]) == (
        "三日内拆除违规广告牌", moment(ordered["rectify_until"]), "officer-demo",
    )  # fmt: skip
    assert given["photos"] == [photo["id"]]
    assert came["team"] == "team-08"
    assert looked == {"actor": "officer-demo", "team": "team-08", "note": "复查", "passed": True}


async def test_what_was_not_set_right_gets_another_time_and_then_a_case_is_filed(world: World) -> None:
    event = await world.a_case("accept", "start")
    await order(world, event)
    failed = (await inspect(world, event, passed=False)).json()
    refused = [await resolve(world, event, mode) for mode in (WITHIN, "guidance")]
    second = (await order(world, event, until=later_on(days=1))).json()
    await over(world, event)
    await tell_due(world.engine)
    await inspect(world, event, passed=False)
    third = await order(world, event)
    filed = await resolve(world, event, "case_filed")

    assert (failed["reinspection"], failed["rectify_until"]) == ("failed", None)
    assert refused == [(409, "reinspection-failed")] * 2
    assert [(line["number"], line["passed"]) for line in second["rectifications"]] == [(1, False), (2, None)]
    assert problem(third) == (409, "too-many-rectifications")
    assert filed == (200, "")
    assert [name for name, _ in await events_of(world, event)][3:] == [
        "rectification_ordered", "reinspected", "rectification_ordered", "reinspection_due", "reinspected", "resolved",
    ]  # fmt: skip


async def test_nothing_is_resolved_before_somebody_has_looked_again(world: World) -> None:
    event, plain = await world.a_case("accept", "start"), await world.a_case("accept", "start")
    await order(world, event)

    assert await resolve(world, plain, WITHIN) == (409, "no-rectification")
    assert await resolve(world, plain, "guidance", passed=True) == (409, "no-rectification")
    for mode in (WITHIN, "case_filed", "guidance"):
        assert await resolve(world, event, mode) == (409, "reinspection-missing")
    assert await resolve(world, event, WITHIN, passed=False) == (409, "reinspection-failed")
    assert (await shown(world, event))["reinspection"] == "ordered"
    assert await resolve(world, event, "case_filed", passed=False) == (200, "")


async def test_one_order_at_a_time_is_inspected_once(world: World) -> None:
    event = await world.a_case("accept", "start")
    assert problem(await inspect(world, event, passed=True)) == (409, "no-rectification")
    await order(world, event)
    assert problem(await order(world, event)) == (409, "rectification-open")
    passed = await inspect(world, event, passed=True)
    assert (passed.json()["reinspection"], passed.headers["ETag"]) == ("passed", '"5"')
    assert problem(await inspect(world, event, passed=False)) == (409, "no-rectification")
    assert await resolve(world, event, WITHIN) == (200, "")


async def test_an_order_waits_while_the_case_is_suspended_and_goes_with_it_to_another_unit(world: World) -> None:
    event = await world.a_case("accept", "start")
    await order(world, event)
    await grant(world, event, "suspension")
    await over(world, event)
    suspended = await tell_due(world.engine)
    await grant(world, event, "resumption")
    await ask(world, event, "return")
    await decide(world, event, "return", team="team-09")
    waiting = await tell_due(world.engine)
    await world.act(event, "accept", role="officer")
    await world.act(event, "start", role="officer")

    assert (suspended, waiting, await tell_due(world.engine)) == (0, 0, 1)
    assert (await world.published(event))[-1]["payload"]["team"] == "team-09"
    assert await resolve(world, event, WITHIN, passed=True) == (200, "")


async def test_another_round_begins_without_an_order(world: World) -> None:
    event = await world.a_case("accept", "start")
    await order(world, event)
    await resolve(world, event, WITHIN, passed=True)
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    for step in ("accept", "start"):
        await world.act(event, step, role="officer")

    assert await resolve(world, event, WITHIN) == (409, "no-rectification")
    again = (await order(world, event)).json()
    assert [(line["round"], line["number"]) for line in again["rectifications"]] == [(1, 1), (2, 1)]


async def test_what_is_due_is_found_and_comes_first(world: World) -> None:
    async def listed(query: str) -> list[str]:
        path, found = f"/dispatch/v1/cases?category=found&limit=1&{query}", []
        while path:
            page = await world.send("GET", path, role="officer")
            assert page.status_code == 200, page.text
            found += [each["complaint_id"] for each in page.json()["items"]]
            path = page.links["next"]["url"] if "next" in page.links else ""
        return found

    events = [received(category="found") for _ in range(3)]
    await world.deliver(*events)
    for event in events:
        for step in ("accept", "start"):
            await world.act(event, step, role="officer")
    waiting, plain, due = events
    await order(world, waiting)
    await order(world, due)
    await over(world, due)
    await tell_due(world.engine)

    assert await listed("reinspection=due") == [str(due.subject)]
    assert await listed("reinspection=ordered") == [str(waiting.subject)]
    assert await listed("sort=reinspection") == [str(due.subject), str(waiting.subject)]
    assert str(plain.subject) in await listed("")
    bad = await world.send("GET", "/dispatch/v1/cases?reinspection=soon", role="officer")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "query/reinspection")


async def test_bad_orders_are_named(world: World) -> None:
    event, assigned = await world.a_case("accept", "start"), await world.a_case()
    for changes, pointer in (
        ({"until": later_on(hours=-1)}, "/until"),
        ({"until": later_on(days=400)}, "/until"),
        ({"until": "soon"}, "/until"),
        ({"notice": ""}, "/notice"),
        ({"photos": [{"id": "x", "role": "before"}]}, "/photos/0/id"),
        ({"more": 1}, "/more"),
    ):
        refused = await order(world, event, **changes)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text
    bad = await world.act(event, "reinspection", {"passed": "yes"}, role="officer")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/passed")
    assert problem(await order(world, assigned)) == (409, "illegal-transition")
    assert problem(await inspect(world, assigned, passed=True)) == (409, "illegal-transition")
    for role in ("dispatcher", "inspector"):
        assert problem(await order(world, event, role=role)) == (403, "access-denied")
        assert problem(await inspect(world, event, passed=True, role=role)) == (403, "access-denied")
    assert problem(await order(world, event, tenant=NEIGHBOUR)) == (404, "complaint-not-found")
    stranger = await inspect(world, event, passed=True, subject="officer-0101")
    assert problem(stranger) == (403, "not-your-team")
    assert (await world.row(event))["version"] == 3


async def test_what_is_told_and_its_event_are_undone_together(world: World) -> None:
    event = await world.a_case("accept", "start")
    await order(world, event)
    await over(world, event)

    async with world.engine.connect() as connection:
        assert len(await tell_batch(connection, 10)) == 1
        await connection.rollback()
    assert await told(world, event) == []
    async with world.engine.begin() as connection:
        hold = sa.text("SELECT FROM dispatch_case WHERE complaint_id = :id FOR UPDATE")
        await connection.execute(hold, {"id": event.subject})
        assert await tell_due(world.engine) == 0
        assert OLDEST._value.get() > 0
    assert await tell_due(world.engine) == 1
    assert OLDEST._value.get() == 0
    assert await told(world, event) == [5]


async def work(engine: AsyncEngine, ended: Counter[str]) -> None:
    """Tell of what is due until nothing is, over the loss of connections."""
    while True:
        try:
            if await tell_due(engine, size=10) == 0:
                return
        except (DBAPIError, OSError) as error:
            ended[type(error).__name__] += 1


async def test_after_an_outage_many_replicas_some_of_which_are_killed_tell_of_each_once(world: World) -> None:
    events = [received(category="outage") for _ in range(200)]
    await world.deliver(*events)
    await world.run(
        "UPDATE dispatch_case SET status = 'in_progress', reinspection = 'ordered',"
        " rectify_until = now() - interval '1 day' WHERE category = 'outage'"
    )
    url = world.engine.url.render_as_string(hide_password=False)
    engines = [create_engine(url, pool_size=1, application_name="doomed tellers") for _ in range(3)]
    ended = Counter[str]()

    async def kill() -> None:
        for _ in range(8):
            await asyncio.sleep(0.02)
            await world.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed tellers'"
                " AND datname = current_database() ORDER BY random() LIMIT 1"
            )

    await asyncio.gather(kill(), *(work(engine, ended) for engine in engines))
    for engine in engines:
        await engine.dispose()
    while await tell_due(world.engine):
        pass

    assert ended, "nobody was killed"
    assert [await told(world, event) for event in events] == [[2]] * len(events)
