"""Which cases are held to the numbers of intake's events: those that were counted whole, whoever else has followed."""

from typing import Any

import pytest

from contracts.envelope import Event
from contracts.lifecycle import EventType
from dispatch.test_dispatch_lost_events import consume, located, merging, parked, release, supplemented
from dispatch.world import TOWN, World, later, reclassified

NOISE = "noise_and_fumes.night"
_BEFORE = "UPDATE dispatch_case SET intake_heard = 0, intake_uncounted = NULL WHERE complaint_id = :id"
"""As the migration leaves a case that was there before it."""
_SAVED_BY_THE_VERSION_BEFORE = """
    UPDATE dispatch_case SET status = coalesce(:status, status), version = version + 1, sequence = sequence + :told,
        round = round, ledger_sequence = ledger_sequence, intake_sequence = coalesce(:noted, intake_sequence),
        updated_at = now()
    WHERE complaint_id = :id
"""


async def followed_before(
    world: World, about: Event, *, noted: int | None = None, status: str | None = None, told: int = 0
) -> None:
    """Do with a case what a replica of the version before does; of most of intake's events it notes no number."""
    await world.run(_SAVED_BY_THE_VERSION_BEFORE, id=about.subject, noted=noted, status=status, told=told)


async def counted(world: World, about: Event) -> tuple[Any, ...]:
    row = await world.row(about)
    return row["intake_heard"], row["intake_uncounted"]


async def test_a_case_is_counted_from_its_receipt(world: World) -> None:
    event = await world.a_case()
    assert await counted(world, event) == (1, 0)
    await world.deliver(supplemented(event, 2), reclassified(event, NOISE, sequence=3))
    assert await counted(world, event) == (3, 0)


async def test_a_case_from_before_takes_any_number(world: World) -> None:
    """It has followed ten events of which it has counted none."""
    event = await world.a_case()
    await world.run(_BEFORE, id=event.subject)

    await world.deliver(located(event, TOWN, 12), supplemented(event, 13), reclassified(event, NOISE, sequence=15))
    assert await counted(world, event) == (15, None)

    await world.deliver(reclassified(event, "street.vendors", sequence=14), supplemented(event, 11))
    row = await world.row(event)
    assert (row["category"], row["intake_heard"]) == (NOISE, 15)


async def test_a_request_behind_what_a_case_from_before_does_not_count_is_decided(world: World) -> None:
    event = await world.a_case()
    await world.run(_BEFORE, id=event.subject)

    await world.deliver(supplemented(event, 3))
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    assert (await world.row(event))["status"] == "withdrawn"


@pytest.mark.parametrize("noted", [None, 2])
async def test_a_case_that_the_version_before_has_followed_takes_any_number_from_then_on(
    world: World, noted: int | None
) -> None:
    event = await world.a_case()
    await followed_before(world, event, noted=noted)
    await consume(world, [supplemented(event, 5), reclassified(event, NOISE, sequence=6)])
    await followed_before(world, event)
    await consume(world, [located(event, TOWN, 9)])

    assert await parked(world, event) == []
    assert await counted(world, event) == (9, None)


async def test_what_the_version_before_has_noted_is_not_followed_again(world: World) -> None:
    event = await world.a_case()
    await followed_before(world, event, noted=4)

    await world.deliver(reclassified(event, NOISE, sequence=3))
    assert (await world.row(event))["category"] == "street.vendors"


async def test_an_ending_that_the_version_before_follows_without_a_trace_is_no_gap(world: World) -> None:
    event = await world.a_case()
    asked, _ = merging(event, 2)
    await consume(world, [asked, later(event, EventType.UNMERGED, sequence=4), reclassified(event, NOISE, sequence=5)])
    assert await parked(world, event) == []
    assert await counted(world, event) == (5, 0)

    await consume(world, [reclassified(event, "street.vendors", sequence=7)])
    assert len(await parked(world, event)) == 1


async def test_a_case_whose_ending_was_followed_here_is_held_to_the_numbers(world: World) -> None:
    """`unmerged` is lost, and comes back behind `located`."""
    event = await world.a_case()
    await consume(world, [*merging(event, 2), located(event, TOWN, 5)])
    assert len(await parked(world, event)) == 1

    await consume(world, [later(event, EventType.UNMERGED)])
    assert await release(world, event) == 2
    assert ((await world.row(event))["status"], await counted(world, event)) == ("assigned", (5, 0))


async def test_an_ending_that_comes_back_behind_the_end_of_a_merge_changes_nothing(world: World) -> None:
    event = await world.a_case()
    asked, merged = merging(event, 2)
    await world.deliver(asked, later(event, EventType.UNMERGED, sequence=4))

    await world.deliver(merged)
    assert (await world.row(event))["status"] == "assigned"


async def test_a_case_that_the_version_before_has_received_takes_any_number(world: World) -> None:
    event = await world.a_case()
    await world.run(_BEFORE, id=event.subject)
    await followed_before(world, event, status="withdrawn", told=1, noted=2)

    await consume(world, [later(event, EventType.ERASED, sequence=4)])
    assert await parked(world, event) == []
    assert (await world.row(event))["description"] == ""
