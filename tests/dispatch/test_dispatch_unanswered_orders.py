"""Lists of cases with supervision orders that nobody has answered, and of those whose time is over."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.asking import HOUR
from dispatch.test_dispatch_lists import ids, listed
from dispatch.world import NEIGHBOUR, TENANT, World, later, received
from dispatch_service.persistence.case_lists import CaseFilter, select_page
from eventbus.driver import explained


async def ordered(world: World, event: Event, *, over: bool = False) -> str:
    """Give the unit of the case an order, whose time may be over, and return its id."""
    body = {"text": "今天内清走", "deadline": (datetime.now(UTC) + HOUR).isoformat()}
    answer = await world.act(event, "supervision", body, role="supervisor", tenant=event.tenant)
    assert answer.status_code == 200, answer.text
    order = str(answer.json()["supervision"][-1]["id"])
    if over:
        await world.run("UPDATE supervision_order SET deadline = now() - interval '1 s' WHERE id = :id", id=order)
    return order


async def test_unanswered_orders_are_listed_until_the_unit_replies(world: World) -> None:
    none, running, late, both, answered = [await world.a_case("accept") for _ in range(5)]
    theirs = received(tenant=NEIGHBOUR)
    await world.deliver(theirs)
    for event in (running, both, answered, theirs):
        order = await ordered(world, event)
        if event is answered:
            assert (
                await world.act(event, f"supervision/{order}/reply", {"text": "好"}, role="officer")
            ).status_code == 200
    first, second = await ordered(world, late, over=True), await ordered(world, both, over=True)

    assert await listed(world, "supervision=open&limit=2") == ids(running, late, both)
    assert await listed(world, "supervision=overdue&limit=1") == ids(late, both)
    assert await listed(world, "supervision=overdue&category=street.vendors&team=team-08") == ids(late, both)
    assert await listed(world, "supervision=open&sort=deadline") == ids(both, late, running)
    assert await listed(world, "supervision=open&status=closed") == []
    assert await listed(world, "supervision=open", tenant=NEIGHBOUR) == ids(theirs)
    assert await listed(world, "status=accepted") == ids(none, running, late, both, answered)

    for event, order in ((late, first), (both, second)):
        await world.act(event, f"supervision/{order}/reply", {"text": "已派人"}, role="officer")
    assert await listed(world, "supervision=overdue") == []
    assert await listed(world, "supervision=open") == ids(running, both)


@pytest.mark.parametrize("which", ["open", "overdue"])
async def test_an_order_is_owed_until_its_complaint_ends_and_then_found_by_its_status(world: World, which: str) -> None:
    event = await world.a_case("accept", "start")
    await ordered(world, event, over=True)
    assert (await world.act(event, "resolve", role="officer")).status_code == 200
    done = await listed(world, f"supervision={which}")
    await world.deliver(later(event, EventType.VERIFIED))
    await world.deliver(later(event, EventType.CLOSED))

    assert ids(event)[0] in done
    assert ids(event)[0] not in await listed(world, f"supervision={which}")
    assert ids(event)[0] in await listed(world, f"supervision={which}&category=street.vendors&status=closed&limit=1")


async def test_only_the_two_can_be_asked_for(world: World) -> None:
    answer = await world.send("GET", "/dispatch/v1/cases?supervision=answered", role="analyst")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/supervision")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


@pytest.mark.parametrize(
    "wanted",
    [CaseFilter(supervision="open"), CaseFilter(supervision="overdue", team="team-08")],
)
async def test_the_list_reads_unanswered_orders_and_their_cases_alone(world: World, wanted: CaseFilter) -> None:
    """Also where the database has seen no order yet, and there are many cases."""
    await world.run("""
        INSERT INTO dispatch_case (complaint_id, tenant, number, status, round, version, sequence, team, explanation,
                                   source, proactive, description, received_at, assigned_at, updated_at)
        SELECT uuidv7(-n * interval '1 min'), '522723', 'P' || n, 'closed', 1, 1, 1, 'team-08', '{}',
               'hotline', false, '', now(), now(), now()
        FROM generate_series(1, 2000) AS n
    """)
    await world.run("ANALYZE dispatch_case")
    statement = select_page(TENANT, wanted, after=None, size=51).params(at=datetime.now(UTC))
    async with world.engine.begin() as connection:
        plan = await explained(connection, statement)

    reads = {each["Relation Name"]: each for each in _nodes(plan) if "Relation Name" in each}
    assert reads["supervision_order"]["Index Name"] == "supervision_order_unanswered"
    assert "ANY" in reads["dispatch_case"]["Index Cond"]
