"""Events of intake that Kafka lost, and that a replay brings back behind later ones of the same complaint."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.events import (
    ComplaintCleared,
    ComplaintLocated,
    ComplaintSupplemented,
    Payload,
    PhotosChecked,
    Place,
    ReleaseRequested,
)
from contracts.lifecycle import TRANSITIONS, EventType
from dispatch.world import World, event_about, later, received, reclassified
from dispatch_service.events.handlers import CONSUMED
from eventbus.errors import OutOfOrder
from eventbus.isolation import Isolation
from eventbus.release import ParkedMessages
from runtime.database import is_outage
from runtime.ids import uuid7

NOISE, STALLS = "noise_and_fumes.night", "street.stalls"
_PLACES = ((107.2357, 26.5807), (107.2411, 26.5772), (107.2290, 26.5850))


def supplemented(about: Event, number: int) -> Event:
    said = ComplaintSupplemented(
        supplement=uuid7(), actor="citizen-1", by="reporter", text="在 3 号楼旁", attachments=()
    )
    return event_about(about, EventType.SUPPLEMENTED, said, number)


def located(about: Event, at: tuple[float, float], number: int) -> Event:
    said = ComplaintLocated(actor="operator-1", location=Place(lon=at[0], lat=at[1], address="金南街道"))
    return event_about(about, EventType.LOCATED, said, number)


def merging(about: Event, number: int) -> list[Event]:
    asked = ReleaseRequested(actor="operator-1", ending="merged")
    return [
        event_about(about, EventType.RELEASE_REQUESTED, asked, number),
        later(about, EventType.MERGED, sequence=number + 1),
    ]


def story() -> list[Event]:
    """Return all that intake tells of a complaint with a long life: some of it is wrong in any other order."""
    event = received()
    checked: Payload = PhotosChecked(unknown=(uuid7(),))
    return [
        event,
        supplemented(event, 2),
        reclassified(event, NOISE, sequence=3),
        located(event, _PLACES[1], 4),
        *merging(event, 5),
        later(event, EventType.UNMERGED, sequence=7),
        located(event, _PLACES[2], 8),
        event_about(event, EventType.CLEARED, ComplaintCleared(actor="operator-1"), 9),
        reclassified(event, STALLS, sequence=10),
        event_about(event, EventType.PHOTOS_CHECKED, checked, 11),
        supplemented(event, 12),
        *merging(event, 13),
        later(event, EventType.ERASED, sequence=15),
    ]


async def consume(world: World, events: Sequence[Event]) -> None:
    """Hand `events` over as consumers do, in slices of three."""
    isolation = Isolation(world.subscription, world.engine, is_outage)
    for begin in range(0, len(events), 3):
        await isolation.apply([world.message(event) for event in events[begin : begin + 3]])


async def parked(world: World, about: Event) -> list[dict[str, Any]]:
    rows = await ParkedMessages(world.engine, [world.subscription]).list(size=500)
    return [row for row in rows if row["key"] == str(about.subject)]


async def release(world: World, about: Event) -> int:
    [first, *_] = await parked(world, about)
    return await ParkedMessages(world.engine, [world.subscription]).release(first["id"], by="admin-demo")


async def outcome(world: World, about: Event) -> tuple[Any, ...]:
    """Return what is to be the same wherever all of a story was followed, once and in order."""
    row = await world.row(about)
    facts = ("status", "version", "sequence", "category", "team", "lon", "lat", "intake_heard", "intake_uncounted")
    told = [(each["type"], each["sequence"], each["payload"].get("team")) for each in await world.published(about)]
    return (*(row[name] for name in facts), told)


def test_all_types_of_intake_are_followed_so_its_numbers_have_no_holes() -> None:
    assert {event for event, line in TRANSITIONS.items() if line.owner == "intake"} <= CONSUMED


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_lost_and_comes_back_is_followed_once_and_in_order(world: World, seed: int) -> None:
    random = Random(seed)
    whole, events = story(), story()
    await consume(world, whole)
    lost = {index for index in range(len(events) - 1) if random.random() < 0.3} or {random.randrange(len(events) - 1)}

    await consume(world, [event for index, event in enumerate(events) if index not in lost])
    assert await parked(world, events[0])  # the doctor tells of it
    await consume(world, events)  # the replay of an outbox
    await release(world, events[0])

    assert await parked(world, events[0]) == []
    assert await outcome(world, events[0]) == await outcome(world, whole[0])
    await consume(world, events)
    assert await outcome(world, events[0]) == await outcome(world, whole[0])


async def test_a_request_that_comes_back_behind_a_correction_is_decided(world: World) -> None:
    event = await world.a_case()
    request, correction = later(event, EventType.RELEASE_REQUESTED), reclassified(event, NOISE, sequence=3)

    await consume(world, [correction])
    [waiting] = await parked(world, event)
    assert (waiting["error_class"], waiting["error"]) == ("OutOfOrder", "event 3 of intake came before event 2")
    await consume(world, [request])
    assert await release(world, event) == 2

    assert [row["type"] for row in await world.published(event)] == ["complaint.assigned", "complaint.released"]
    row = await world.row(event)
    assert (row["status"], row["category"], row["intake_heard"]) == ("withdrawn", NOISE, 3)


async def test_other_cases_go_on(world: World) -> None:
    event, other = await world.a_case(), await world.a_case()

    await consume(world, [supplemented(event, 3), reclassified(other, NOISE)])

    assert (await world.row(other))["category"] == NOISE
    assert len(await parked(world, event)) == 1


async def test_what_an_operator_has_given_up_holds_back_nothing(world: World) -> None:
    event = await world.a_case()
    await consume(world, [located(event, _PLACES[1], 3), reclassified(event, NOISE, sequence=4)])
    first, _ = await parked(world, event)
    await ParkedMessages(world.engine, [world.subscription]).discard(first["id"], by="admin-demo", reason="重复")

    await release(world, event)
    await consume(world, [later(event, EventType.RELEASE_REQUESTED, sequence=5)])

    row = await world.row(event)
    assert (row["status"], row["category"], row["intake_uncounted"]) == ("withdrawn", NOISE, None)


async def test_what_comes_before_the_receipt_waits_for_it(world: World) -> None:
    event = received()
    with pytest.raises(OutOfOrder, match="came before complaint"):
        await world.deliver(supplemented(event, 2))
