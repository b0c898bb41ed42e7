"""What a device still had to send from a round that has ended."""

from datetime import UTC, datetime, timedelta

from contracts.lifecycle import EventType
from dispatch.asking import shown
from dispatch.offline import codes, item, outcomes, sync
from dispatch.world import World, later


async def test_the_work_of_one_round_is_not_taken_for_that_of_the_next(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    results = await sync(world, item(event, "accept"), item(event, "start"), item(event, "resolve"))
    assert outcomes(results) == ["conflict", "held_back", "held_back"]
    assert codes(results)[0] == "precondition-failed"
    assert (await shown(world, event))["status"] == "assigned"
    assert outcomes(await sync(world, item(event, "note"))) == ["done"]
    assert outcomes(await sync(world, item(event, "accept", minutes_ago=0))) == ["done"]


async def test_a_round_is_not_started_before_it_began(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.REWORK_ORDERED))
    await world.act(event, "accept", role="officer")
    early = {"started_at": (datetime.now(UTC) - timedelta(minutes=10)).isoformat()}
    refused = await world.act(event, "start", early, role="officer")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "start-out-of-range")
    assert (await world.act(event, "start", {}, role="officer")).status_code == 200
