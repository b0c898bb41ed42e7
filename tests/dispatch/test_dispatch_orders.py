"""A superior's deadline is the promised time where the limit ends later."""

from datetime import datetime, timedelta
from typing import Any

from contracts.lifecycle import EventType
from dispatch.world import World, later, received
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.renewing import renew_clocks
from runtime.clock import now


async def promised(world: World, deadline: datetime | None) -> tuple[dict[str, Any], datetime]:
    """Return a new case with such an order, and its promised time."""
    event = received(source="superior_assigned", order={"number": "17", "deadline": deadline})
    await world.deliver(event)
    row = await world.row(event)
    return row, row["promised_at"]


async def test_the_earlier_of_order_and_limit_is_promised(world: World) -> None:
    _, limit = await promised(world, None)
    soon = now().replace(microsecond=0) + timedelta(hours=2)
    row, at = await promised(world, soon)
    assert at == soon < limit
    assert row["accept_by"] <= row["on_site_by"] <= at
    assert row["begun_at"] < row["warn_at"] <= at <= row["twice_at"]
    _, generous = await promised(world, limit + timedelta(days=30))
    assert abs(generous - limit) < timedelta(minutes=1)
    _, late = await promised(world, now() - timedelta(hours=1))
    assert abs(late - limit) < timedelta(minutes=1)


async def test_the_deadline_outlives_new_limits_and_binds_another_round(world: World) -> None:
    soon = now().replace(microsecond=0) + timedelta(hours=3)
    event = received(source="superior_assigned", order={"number": "18", "deadline": soon})
    await world.deliver(event)
    assigned = (await world.published(event))[0]["payload"]
    assert datetime.fromisoformat(assigned["promised_at"]) == soon

    await world.run("UPDATE dispatch_case SET clock_version = -1 WHERE complaint_id = :id", id=event.subject)
    await renew_clocks(world.engine, Clockworks())
    assert (await world.row(event))["promised_at"] == soon
    assert len(await world.published(event)) == 1

    for step in ("accept", "start", "resolve"):
        assert (await world.act(event, step, role="officer")).status_code == 200
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    row = await world.row(event)
    assert (row["round"], row["promised_at"]) == (2, soon)
