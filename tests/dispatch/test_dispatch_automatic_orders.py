"""Supervision orders by rule 自动督办: once for each level, whoever fires and whatever dies."""

import asyncio
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import grant, moment, problem, shown, transferred
from dispatch.test_dispatch_clocks import put
from dispatch.test_dispatch_lists import ids, listed
from dispatch.test_dispatch_supervision_rule import BOTH, Answers, levels
from dispatch.test_dispatch_timers import escalations, kill, pass_levels, work
from dispatch.world import TENANT, World, later, received
from dispatch_service.domain.limits import Allowance, Unit
from dispatch_service.service.missed_orders import tell_missed
from dispatch_service.service.timers import fire_batch, fire_due
from runtime.database import create_engine


async def ruled(world: World, answers: Answers) -> None:
    """Let cases get orders at these levels, to be answered within so long."""
    answer = await put(world, "supervision-rule", levels(answers), tenant=TENANT)
    assert answer.status_code == 200, answer.text


async def orders(world: World, event: Event) -> list[tuple[int, int]]:
    """Return round and level of the orders about a case, in order."""
    statement = sa.text("SELECT case_round, level FROM supervision_order WHERE complaint_id = :id ORDER BY 1, 2")
    async with world.engine.connect() as connection:
        return [(row.case_round, row.level) for row in await connection.execute(statement, {"id": event.subject})]


async def test_a_level_brings_an_order_that_is_one_like_any_other(world: World) -> None:
    await ruled(world, {100: (6, "hours")})
    event, other = await world.a_case("accept"), await world.a_case("accept")
    before = await world.row(event)
    await pass_levels(world, event, other, until=100)
    assert await fire_due(world.engine, world.clockworks) == 4
    assert await fire_due(world.engine, world.clockworks) == 0

    case = await shown(world, event)
    (order,) = case["supervision"]
    assert (order["ordered_by"], order["level"], case["version"]) == ("rule", 100, before["version"])
    assert moment(order["deadline"]) - moment(order["ordered_at"]) == timedelta(hours=6)
    assert [words in order["text"] for words in ("100%，自动督办", "100 % of the time")] == [True, True]
    (first, told) = (await world.published(event))[-2:]
    assert [(each["payload"]["level"], "order" in each["payload"]) for each in (first, told)] == [
        (80, False), (100, True),
    ]  # fmt: skip
    assert (told["payload"]["order"]["id"], told["payload"]["actor"]) == (order["id"], "rule")
    assert (told["payload"]["order"]["text"], told["payload"]["limit"]) == (order["text"], "resolve")
    assert {*ids(event, other)} <= {*await listed(world, "supervision=open")}

    answered = await world.act(event, f"supervision/{order['id']}/reply", {"text": "配件已到"}, role="officer")
    (theirs,) = (await shown(world, other))["supervision"]
    path = f"supervision/{theirs['id']}/withdrawal"
    assert problem(await world.act(other, path, {"reason": "x"}, role="officer")) == (403, "access-denied")
    withdrawn = await world.act(other, path, {"reason": "已当面说明"}, role="supervisor")
    assert [each.json()["supervision"][0]["late"] for each in (answered, withdrawn)] == [False, None]
    assert {*ids(event, other)}.isdisjoint(await listed(world, "supervision=open"))


async def test_one_that_nobody_answers_is_missed(world: World) -> None:
    await ruled(world, BOTH)
    event = await world.a_case("accept")
    await pass_levels(world, event, until=100)
    await fire_due(world.engine, world.clockworks)
    over = "UPDATE supervision_order SET deadline = now() - interval '1 s' WHERE complaint_id = :id"
    await world.run(over, id=event.subject)

    assert (await tell_missed(world.engine), await tell_missed(world.engine)) == (1, 0)
    missed = (await world.published(event))[-1]
    assert (missed["type"], missed["payload"]["ordered_by"]) == (EventType.ORDER_MISSED, "rule")


async def test_only_the_time_to_resolve_a_case_brings_one(world: World) -> None:
    await ruled(world, {80: (1, "days"), **BOTH})
    event = await world.a_case()
    await world.run("UPDATE dispatch_case SET accept_timer_at = now() WHERE complaint_id = :id", id=event.subject)

    assert await fire_due(world.engine, world.clockworks) == 1
    assert (await world.published(event))[-1]["payload"]["limit"] == "accept"
    assert await orders(world, event) == []


async def test_an_extension_brings_no_second_one_and_another_round_does(world: World) -> None:
    await ruled(world, {80: (1, "days"), **BOTH})
    event = await world.a_case("accept", "start")
    await world.run(
        "UPDATE dispatch_case SET timer_at = now(), warn_at = now() WHERE complaint_id = :id", id=event.subject
    )
    await fire_due(world.engine, world.clockworks)
    await grant(world, event, "extension")
    await pass_levels(world, event, until=200)
    await fire_due(world.engine, world.clockworks)

    assert [level for level, _, _ in await escalations(world, event)] == [80, 80, 100, 200]
    told = [row["payload"] for row in await world.published(event) if row["type"] == EventType.ESCALATED]
    assert ["order" in each for each in told] == [True, False, True, True]
    assert await orders(world, event) == [(1, 80), (1, 100), (1, 200)]

    await world.act(event, "resolve", role="officer")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    await pass_levels(world, event, until=100)
    await fire_due(world.engine, world.clockworks)
    assert await orders(world, event) == [(1, 80), (1, 100), (1, 200), (2, 80), (2, 100)]


async def test_a_case_that_another_department_has_gets_none(world: World) -> None:
    await ruled(world, BOTH)
    event = await world.a_case("accept", "start")
    await transferred(world, event)
    await pass_levels(world, event, until=200)
    await fire_due(world.engine, world.clockworks)

    assert [level for level, _, _ in await escalations(world, event)] == [80, 100, 200]
    assert await orders(world, event) == []


async def test_the_time_to_answer_goes_by_the_calendar_and_ends_within_a_year(world: World) -> None:
    await ruled(world, {100: (1, "working_days"), 200: (366, "working_days")})
    event = await world.a_case("accept")
    await pass_levels(world, event, until=200)
    await fire_due(world.engine, world.clockworks)

    first, second = (await shown(world, event))["supervision"]
    given_at = moment(first["ordered_at"])
    async with world.engine.connect() as connection:
        clockwork = await world.clockworks.of_one(connection, TENANT)
    assert moment(first["deadline"]) == clockwork.end_of(Allowance(1, Unit.WORKING_DAYS), given_at)
    assert moment(second["deadline"]) == given_at + timedelta(days=366)


async def test_a_timer_and_its_order_are_undone_together(world: World) -> None:
    await ruled(world, BOTH)
    event = await world.a_case("accept")
    await pass_levels(world, event, until=100)
    async with world.engine.connect() as connection:
        assert len(await fire_batch(connection, 10, world.clockworks)) == 1
        await connection.rollback()

    assert await orders(world, event) == []
    await fire_due(world.engine, world.clockworks)
    assert await orders(world, event) == [(1, 100)]


async def test_a_batch_of_cases_gets_its_orders_by_one_statement(world: World) -> None:
    await ruled(world, BOTH)
    events = [received() for _ in range(30)]
    await world.deliver(*events)
    await pass_levels(world, *events, until=200)
    assert await fire_due(world.engine, world.clockworks) == 90

    statement = sa.text("""
        SELECT count(*) AS given, count(DISTINCT (CAST(xmin AS text), CAST(cmin AS text))) AS statements
        FROM supervision_order WHERE complaint_id = ANY(CAST(:ids AS uuid[]))
    """)
    async with world.engine.connect() as connection:
        row = (await connection.execute(statement, {"ids": [event.subject for event in events]})).one()
    assert (row.given, row.statements) == (60, 1)


async def test_many_workers_some_of_which_are_killed_give_each_order_once(world: World) -> None:
    await ruled(world, BOTH)
    events = [received(category=f"busy.{number % 7}") for number in range(400)]
    await world.deliver(*events)
    await pass_levels(world, *events, until=200)
    url = world.engine.url.render_as_string(hide_password=False)
    engines = [create_engine(url, pool_size=1, application_name="doomed timers") for _ in range(4)]
    ended = Counter[str]()

    await asyncio.gather(kill(world), *(work(engine, world.clockworks, ended) for engine in engines))
    for engine in engines:
        await engine.dispose()
    while await fire_due(world.engine, world.clockworks):
        pass

    assert ended, "nobody was killed"
    for event in events:
        told = [row["payload"] for row in await world.published(event) if row["type"] == EventType.ESCALATED]
        assert [(each["level"], "order" in each) for each in told] == [(80, False), (100, True), (200, True)]
        assert await orders(world, event) == [(1, 100), (1, 200)]
