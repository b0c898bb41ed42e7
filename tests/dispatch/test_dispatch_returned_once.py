"""A unit that has returned a case does not get it again in that round, by whatever comes from outside."""

from contracts.envelope import Event
from contracts.events import ComplaintLocated, ReleaseRequested
from contracts.lifecycle import EventType
from contracts.payload import Place
from dispatch.asking import ask, decide, events_of, shown
from dispatch.ruling import place_of
from dispatch.world import TOWN, World, event_about, later, reclassified


async def returned(world: World, event: Event, team: str | None = None, role: str = "dispatcher") -> None:
    """Let the unit return the case, to another or to nobody yet."""
    assert (await ask(world, event, "return")).status_code == 200
    assert (await decide(world, event, "return", team=team, role=role)).status_code == 200


async def merged(world: World, event: Event, first: int = 2) -> None:
    """Merge the case; `first` is the number of what intake says of that first."""
    asked = ReleaseRequested(actor="operator-1", ending="merged")
    await world.deliver(event_about(event, EventType.RELEASE_REQUESTED, asked, first))
    await world.deliver(later(event, EventType.MERGED, sequence=first + 1))


async def located(world: World, event: Event, at: tuple[float, float], sequence: int) -> None:
    said = ComplaintLocated(actor="operator-1", location=Place(lon=at[0], lat=at[1], address="核定地址"))
    await world.deliver(event_about(event, EventType.LOCATED, said, sequence))


async def test_what_is_unmerged_after_a_return_waits_for_another_unit_with_a_clock_of_its_own(world: World) -> None:
    event, other = await world.a_case("accept"), await world.a_case()
    await returned(world, event)
    await merged(world, event)
    await merged(world, other)
    before = await world.row(event)

    unmerged = later(event, EventType.UNMERGED)
    await world.deliver(unmerged, later(other, EventType.UNMERGED))
    await world.run("DELETE FROM inbox WHERE event_id = :id", id=unmerged.id)  # as after years
    await world.deliver(unmerged)

    row, case = await world.row(event), await shown(world, event)
    assert (row["status"], row["round"], row["assignee"], row["officer"]) == ("received", 1, None, None)
    assert (case["responsible_team"], case["explanation"]["rule"]) == ("team-08", "unmerging")
    assert row["begun_at"] > before["begun_at"]
    assert row["promised_at"] >= before["promised_at"]
    assert [name for name, _ in await events_of(world, event)] == [
        "assigned", "accepted", "returned", "released", "rescheduled",
    ]  # fmt: skip
    told = (await world.published(event))[-1]
    assert (told["sequence"], told["causationid"]) == (row["sequence"], unmerged.id)
    assert told["payload"]["promised_at"] == row["promised_at"].isoformat().replace("+00:00", "Z")
    assert (await world.row(other))["status"] == "assigned"
    await merged(world, event, 5)
    await world.deliver(later(event, EventType.UNMERGED, sequence=7))
    assert (await world.row(event))["status"] == "received"
    again = await world.act(event, "assign", {"team": "team-08"}, role="supervisor")
    assert again.json()["type"].endswith("unit-has-returned")
    given = await world.act(event, "assign", {"team": "team-09"}, role="dispatcher")
    assert (given.json()["status"], given.json()["team"]["code"]) == ("assigned", "team-09")


async def test_what_is_unmerged_goes_back_to_the_unit_that_got_it_after_a_return(world: World) -> None:
    event, decided = await world.a_case(), await world.a_case()
    await returned(world, event, "team-09")
    for team in ("team-01", "team-02"):
        await returned(world, decided, team)
    await returned(world, decided, "team-08", role="supervisor")
    for each in (event, decided):
        await merged(world, each)
        await world.deliver(later(each, EventType.UNMERGED))

    rows = [await world.row(each) for each in (event, decided)]
    assert [(row["status"], row["team"]) for row in rows] == [("assigned", "team-09"), ("assigned", "team-08")]


async def test_neither_does_its_place_bring_it_back(world: World) -> None:
    event = await world.a_case()
    await returned(world, event)
    await located(world, event, await place_of(world, 5), 2)
    await world.deliver(reclassified(event, "noise_and_fumes.night", sequence=3))
    assert (await world.row(event))["team"] == "team-05"
    told = await world.published(event)

    await located(world, event, TOWN, 4)

    row = await world.row(event)
    assert (row["status"], row["team"], row["grid"]) == ("assigned", "team-05", "grid-08")
    assert await world.published(event) == told
