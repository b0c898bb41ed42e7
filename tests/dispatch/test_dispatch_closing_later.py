"""Cases whose complaints stay verified for a while, since the reporter has to be called before the closing."""

import pytest

from contracts.lifecycle import EventType
from dispatch.asking import events_of
from dispatch.world import World, later


async def test_it_is_verified_until_it_is_closed_days_later(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.VERIFIED))
    assert (await world.row(event))["status"] == "verified"
    await world.deliver(later(event, EventType.CLOSED, sequence=4))
    row = await world.row(event)
    assert (row["status"], row["ledger_sequence"]) == ("closed", 4)


@pytest.mark.parametrize("together", [True, False])
async def test_a_call_that_finds_it_unsolved_begins_another_round(world: World, together: bool) -> None:
    event = await world.a_case("accept", "start", "resolve")
    told = [later(event, EventType.VERIFIED), later(event, EventType.REWORK_ORDERED, sequence=3)]
    for events in [told] if together else [[each] for each in told]:
        await world.deliver(*events)
    row = await world.row(event)
    assert (row["status"], row["round"], row["explanation"]["rule"]) == ("assigned", 2, "rework")
    assert (await events_of(world, event))[-1] == ("assigned", 5)
    for step in ("accept", "start", "resolve"):
        assert (await world.act(event, step, role="officer")).status_code == 200
    await world.deliver(later(event, EventType.VERIFIED, sequence=4), later(event, EventType.CLOSED, sequence=6))
    assert (await world.row(event))["status"] == "closed"


async def test_what_is_verified_cannot_be_withdrawn_any_more(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.VERIFIED), later(event, EventType.RELEASE_REQUESTED))
    assert (await events_of(world, event))[-1][0] == "release_refused"
    assert (await world.row(event))["status"] == "verified"
