"""Replicas of the version before run beside new ones while an upgrade is rolled out: what they do, in their SQL."""

import asyncio
from datetime import timedelta

import pytest_asyncio

from contracts.envelope import Event, MalformedEvent
from contracts.events import ComplaintContributed
from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.test_dispatch_clocks import limits, put
from dispatch.test_dispatch_missed_orders import reply
from dispatch.test_dispatch_stage_timers import age, told
from dispatch.test_dispatch_unanswered_orders import ordered
from dispatch.world import TENANT, World, event_about, later
from dispatch_service.service.timers import fire_due
from dispatch_service.service.untold_answers import tell_untold
from eventbus.parking import BehindParked, Misfit, park
from eventbus.release import ParkedMessages
from runtime.outages import is_outage

_REASSIGNED = """
    UPDATE dispatch_case SET assigned_at = now(), accept_by = now() + interval '1 h',
        on_site_by = now() + interval '2 h', warn_at = warn_at, promised_at = promised_at, twice_at = twice_at,
        escalated = escalated, timer_at = timer_at
    WHERE complaint_id = :id
"""
"""Another unit gets the case: the stages before the last begin anew, and the promise stands."""
_FIRED = "UPDATE dispatch_case SET escalated = 80, timer_at = promised_at WHERE complaint_id = :id"

_ANSWERED = """
    UPDATE supervision_order SET reply = '已派人', replied_by = 'officer-demo', replied_at = now() WHERE id = :id
"""


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def _limits(world: World) -> None:
    """An hour to accept, two to be on site, ten to resolve."""
    answer = await put(world, "limits", limits(), tenant=TENANT)
    assert answer.status_code == 200, answer.text


async def test_a_stage_whose_time_the_version_before_sets_is_told_of_no_more_until_it_is_set_again(
    world: World,
) -> None:
    event = await world.a_case()
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    await world.run(_REASSIGNED, id=event.subject)
    await age(world, event, minutes=150)
    assert await fire_due(world.engine, world.clockworks) == 0
    assert (await shown(world, event))["escalation"] is None

    moved = await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    assert moved.status_code == 200, moved.text
    await age(world, event, minutes=50)
    assert await fire_due(world.engine, world.clockworks) == 1
    assert await told(world, event) == [("accept", 80), ("accept", 80)]


async def test_when_the_version_before_has_told_of_a_level_is_not_known(world: World) -> None:
    event = await world.a_case()
    await world.run("UPDATE dispatch_case SET escalated_at = now() WHERE complaint_id = :id", id=event.subject)
    await world.run(_FIRED, id=event.subject)

    assert (await world.row(event))["escalated_at"] is None


async def test_what_this_version_writes_keeps_its_stages(world: World) -> None:
    event = await world.a_case()
    moved = await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    row = await world.row(event)

    assert moved.status_code == 200, moved.text
    assert row["accept_by"] - row["accept_warn_at"] == timedelta(minutes=12)
    assert row["accept_timer_at"] == row["accept_warn_at"]


async def test_an_answer_at_a_replica_of_the_version_before_is_told_of_once(world: World) -> None:
    event, gone = await world.a_case("accept"), await world.a_case()
    orders = [await ordered(world, each) for each in (event, event, gone)]
    for order in (orders[0], orders[2]):
        await world.run(_ANSWERED, id=order)
    assert (await reply(world, event, orders[1])).status_code == 200
    await world.run("UPDATE dispatch_case SET status = 'voided' WHERE complaint_id = :id", id=gone.subject)

    counts = await asyncio.gather(*(tell_untold(world.engine, size=1) for _ in range(3)))

    assert sum(counts) == 2
    said = [row["payload"] for row in await world.published(event) if row["type"] == EventType.ORDER_REPLIED]
    assert [each["order_id"] for each in said] == [orders[1], orders[0]]
    assert (said[1]["text"], said[1]["actor"], said[1]["late"]) == ("已派人", "officer-demo", False)
    assert [row["sequence"] for row in await world.published(event)] == [1, 2, 3, 4, 5, 6]
    assert await tell_untold(world.engine) == 0


async def test_a_case_goes_on_whose_contribution_the_version_before_has_parked(world: World) -> None:
    """The work is done by now, and no contribution could follow."""
    event = await world.a_case()
    for step in ("accept", "start", "resolve"):
        assert (await world.act(event, step, role="officer")).status_code == 200
    said = ComplaintContributed(actor="officer-demo", team="team-03", supporting=True, text="已清运")
    contributed = event_about(event, EventType.CONTRIBUTED, said, 2)._replace(source="dispatch")
    await _parked_by_the_version_before(world, contributed, later(event, EventType.VERIFIED))
    before = await world.row(event)

    assert await ParkedMessages(world.engine, [world.subscription]).read_again(is_outage) == 2

    after = await world.row(event)
    assert (after["status"], after["version"]) == ("verified", before["version"] + 1)


async def _parked_by_the_version_before(world: World, unknown: Event, behind: Event) -> None:
    unread = Misfit(world.message(unknown), MalformedEvent("ce_type: not known here"))
    waiting = Misfit(world.message(behind), BehindParked("an earlier message of this key is parked"))
    async with world.engine.begin() as connection:
        await park(connection, world.subscription.consumer, [unread, waiting])
