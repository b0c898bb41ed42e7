"""Cases go to the unit of their place once it is known, until somebody has accepted them."""

from typing import Any

import pytest

from contracts.envelope import Event
from contracts.events import ComplaintLocated
from contracts.lifecycle import EventType
from contracts.payload import Place
from dispatch.world import TOWN, World, event_about, later, received
from eventbus.errors import OutOfOrder

ABROAD = (116.4, 39.9)


def located(about: Event[Any], at: tuple[float, float], sequence: int = 2, *, outside: bool = False) -> Event[Any]:
    place = Place(lon=at[0], lat=at[1], address="核定地址")
    said = ComplaintLocated(actor="operator-1", location=place, outside_area=outside or None)
    return event_about(about, EventType.LOCATED, said, sequence)


async def test_a_case_at_the_duty_desk_goes_to_the_team_of_its_place(world: World) -> None:
    event = received(None)
    await world.deliver(event)
    before = await world.row(event)
    assert (before["team"], before["grid"]) == ("duty-desk", None)
    found = located(event, TOWN)
    await world.deliver(found)
    row = await world.row(event)
    assert (row["status"], row["team"], row["grid"], row["community"]) == (
        "assigned",
        "team-08",
        "grid-08",
        "community-08",
    )
    assert (row["lon"], row["lat"], row["address"]) == (*TOWN, "核定地址")
    assert row["grid_version"] is not None
    assert row["explanation"]["from_team"] == "duty-desk"
    assert (row["promised_at"], row["begun_at"]) == (before["promised_at"], before["begun_at"])
    assert row["version"] == before["version"] + 2
    first, second = await world.published(event)
    assert (second["type"], second["sequence"], second["causationid"]) == ("complaint.assigned", 2, found.id)
    said = second["payload"]
    assert (said["team"], said["grid"], said["rule"], said["actor"]) == ("team-08", "grid-08", "grid", "operator-1")
    assert said["promised_at"] == first["payload"]["promised_at"]
    await world.deliver(found)
    assert len(await world.published(event)) == 2


async def test_a_wrong_place_is_corrected_also_before_anybody_saw_the_case(world: World) -> None:
    event = received(ABROAD, outside_area=True)
    await world.deliver(event, located(event, ABROAD, outside=True), located(event, TOWN, 3))
    row = await world.row(event)
    assert (row["team"], row["grid"], row["sequence"]) == ("team-08", "grid-08", 2)
    await world.deliver(located(event, ABROAD, 4, outside=True))
    row = await world.row(event)
    assert (row["team"], row["grid"], row["community"]) == ("duty-desk", None, None)


@pytest.mark.parametrize("steps", [["accept"], ["accept", "start"], ["accept", "start", "resolve"]])
async def test_who_has_accepted_it_keeps_it(world: World, steps: list[str]) -> None:
    event = await world.a_case(*steps)
    before, told = await world.row(event), await world.published(event)
    await world.deliver(located(event, ABROAD))
    row = await world.row(event)
    assert (row["team"], row["status"], row["grid"]) == (before["team"], before["status"], None)
    assert (row["lon"], row["lat"]) == ABROAD
    assert await world.published(event) == told


async def test_a_dispatchers_choice_stands(world: World) -> None:
    event = received(None)
    await world.deliver(event)
    chosen = await world.act(event, "assign", {"team": "team-03"}, role="dispatcher")
    assert chosen.status_code == 200, chosen.text
    told = await world.published(event)
    await world.deliver(located(event, TOWN))
    row = await world.row(event)
    assert (row["team"], row["grid"], row["community"]) == ("team-03", "grid-08", "community-08")
    assert await world.published(event) == told


async def test_what_lies_outside_goes_to_the_duty_desk_whatever_rules_say(world: World) -> None:
    event = received(TOWN, outside_area=True)
    await world.deliver(event)
    assert (await world.row(event))["team"] == "duty-desk"
    assert (await world.published(event))[0]["payload"]["rule"] == "duty_desk"


async def test_it_waits_for_the_complaint_and_leaves_what_has_ended(world: World) -> None:
    event = received(None)
    with pytest.raises(OutOfOrder):
        await world.deliver(located(event, TOWN))
    await world.deliver(event)
    await world.deliver(located(event, TOWN), later(event, EventType.RELEASE_REQUESTED, sequence=3))
    row = await world.row(event)
    assert (row["status"], row["team"], row["grid"]) == ("withdrawn", "duty-desk", "grid-08")
    assert [each["type"] for each in await world.published(event)] == ["complaint.assigned", "complaint.released"]
