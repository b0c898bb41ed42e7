"""Cases that intake holds: at the duty desk, until it clears them, once."""

from typing import Any

import pytest

from contracts.envelope import Event
from contracts.events import ComplaintCleared, ComplaintLocated, Place, ReleaseRequested
from contracts.lifecycle import EventType
from dispatch.ruling import publish, routed, rule
from dispatch.world import TOWN, World, event_about, later, reclassified

NOISE = "noise_and_fumes.night"


def cleared(about: Event, sequence: int = 2, **said: Any) -> Event:
    return event_about(about, EventType.CLEARED, ComplaintCleared(actor="operator-1", **said), sequence)


async def held(world: World) -> tuple[Event, dict[str, Any]]:
    await publish(
        world,
        rule("noise", {"categories": ["noise_and_fumes"]}, {"team": "team-03"}),
        rule("rest", {}, {"team": "team-02", "grade": "urgent"}),
    )
    event, row = await routed(world, category="street.vendors", held=True, suspicions=("links",))
    return event, dict(row)


async def test_it_waits_at_the_duty_desk_as_urgent_as_it_is_and_goes_on_once(world: World) -> None:
    event, before = await held(world)
    assert (before["team"], before["status"], before["grade"]) == ("duty-desk", "assigned", "urgent")
    assert (before["explanation"]["rule"], before["explanation"]["held"]) == ("duty_desk", True)
    assert before["grid"] is not None
    clearing = cleared(event)
    await world.deliver(clearing, clearing)
    row = await world.row(event)
    assert (row["team"], row["explanation"]["was_held"], row["explanation"]["from_team"]) == (
        "team-02", True, "duty-desk",
    )  # fmt: skip
    assert "held" not in row["explanation"]
    assert row["promised_at"] == before["promised_at"]
    await world.deliver(cleared(event))
    assert await world.row(event) == row
    told = await world.published(event)
    assert [each["payload"]["team"] for each in told] == ["duty-desk", "team-02"]
    assert all("held" not in each["payload"] for each in told)


async def test_neither_a_place_nor_a_category_takes_it_away_before(world: World) -> None:
    event, _ = await held(world)
    where = ComplaintLocated(actor="operator-1", location=Place(lon=TOWN[0], lat=TOWN[1], address="金南街道"))
    await world.deliver(event_about(event, EventType.LOCATED, where, 2), reclassified(event, NOISE, sequence=3))
    assert (await world.row(event))["team"] == "duty-desk"
    await world.deliver(cleared(event, 4))
    row = await world.row(event)
    assert (row["team"], row["category"]) == ("team-03", NOISE)


@pytest.mark.parametrize("steps", [("accept",), ("accept", "start")])
async def test_what_the_duty_desk_has_taken_up_stays_with_it(world: World, steps: tuple[str, ...]) -> None:
    event, _ = await held(world)
    sent = await world.act(event, "assign", {"team": "team-05"}, role="dispatcher")
    assert sent.status_code == 200, sent.text
    for step in steps:
        assert (await world.act(event, step, role="officer", subject="officer-0501")).status_code == 200
    await world.deliver(cleared(event))
    assert (await world.row(event))["team"] == "team-05"


async def test_outside_the_area_it_stays_at_the_desk_and_is_held_no_longer(world: World) -> None:
    event, _ = await held(world)
    await world.deliver(cleared(event, outside_area=True))
    row = await world.row(event)
    assert (row["team"], "held" in row["explanation"]) == ("duty-desk", False)
    assert len(await world.published(event)) == 1


async def test_it_is_held_still_when_it_is_no_longer_merged(world: World) -> None:
    event, _ = await held(world)
    merging = later(event, EventType.RELEASE_REQUESTED)
    await world.deliver(merging._replace(data=ReleaseRequested(actor="operator-1", ending="merged")))
    await world.deliver(later(event, EventType.MERGED), later(event, EventType.UNMERGED))
    row = await world.row(event)
    assert (row["team"], row["explanation"]["rule"], row["explanation"]["held"]) == ("duty-desk", "unmerging", True)
    await world.deliver(cleared(event, 5))
    row = await world.row(event)
    assert (row["team"], row["explanation"]["was_held"]) == ("team-02", True)
