"""Another round of work, and reports of what has been handled already."""

from datetime import timedelta

import pytest

from contracts.events import ReleaseRequested
from contracts.lifecycle import EventType
from dispatch.asking import events_of, grant
from dispatch.world import RECEIVED_AT, World, later, received
from eventbus.errors import OutOfOrder
from runtime.clock import now

HANDLED = {
    "actor": "officer-demo",
    "handling_mode": "guidance",
    "result": "已劝离",
    "handled_at": RECEIVED_AT,
}


async def test_rework_gives_the_case_back_to_its_unit_with_a_clock_of_its_own(world: World) -> None:
    event = await world.a_case("accept", "start")
    await grant(world, event, "extension")
    await world.act(event, "resolve", role="officer")
    before = await world.row(event)

    rework = later(event, EventType.REWORK_ORDERED)
    await world.deliver(rework)

    row = await world.row(event)
    assert (row["status"], row["round"], row["clock_round"], row["team"]) == ("assigned", 2, 2, before["team"])
    assert (row["version"], row["sequence"]) == (before["version"] + 2, before["sequence"] + 1)
    done = ("accepted_at", "started_at", "resolved_at", "officer", "handling_mode", "result")
    assert [row[name] for name in done] == [None] * len(done)
    assert (row["extensions"], row["escalated"]) == (0, 0)
    assert row["explanation"] == {"rule": "rework", "grid": "grid-08", "team": "team-08", "round": 2}
    assert row["assigned_at"] == row["begun_at"] > before["resolved_at"]
    assert row["timer_at"] == row["warn_at"] > row["begun_at"]
    assigned = (await world.published(event))[-1]
    assert (assigned["type"], assigned["sequence"]) == ("complaint.assigned", row["sequence"])
    assert (assigned["causationid"], assigned["correlationid"]) == (rework.id, rework.correlation_id)
    assert assigned["payload"] == {
        "team": "team-08",
        "team_name": "文兴社区网格队",
        "grid": "grid-08",
        "community": "community-08",
        "round": 2,
        "rule": "rework",
        "promised_at": row["promised_at"].isoformat().replace("+00:00", "Z"),
        "warn_at": row["warn_at"].isoformat().replace("+00:00", "Z"),
        "accept_by": row["accept_by"].isoformat().replace("+00:00", "Z"),
        "on_site_by": row["on_site_by"].isoformat().replace("+00:00", "Z"),
    }


async def test_the_unit_works_on_it_again(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(later(event, EventType.VERIFIED), later(event, EventType.CLOSED))
    await world.deliver(later(event, EventType.REOPENED))
    for step in ("accept", "start", "resolve"):
        answer = await world.act(event, step, role="officer")
        assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["round"]) == ("resolved", 2)
    names = ["assigned", "accepted", "started", "resolved"]
    assert await events_of(world, event) == [*zip(names + names, range(1, 9), strict=True)]


async def test_what_began_a_round_begins_no_second_one(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    rework = later(event, EventType.REWORK_ORDERED)
    await world.deliver(rework)
    await world.run("DELETE FROM inbox WHERE event_id = :id", id=rework.id)  # as after years
    for step in ("accept", "start", "resolve"):
        await world.act(event, step, role="officer")
    before = await world.row(event)
    await world.deliver(rework)
    assert await world.row(event) == before


@pytest.mark.parametrize("event_type", [EventType.REWORK_ORDERED, EventType.REOPENED])
async def test_a_round_waits_for_the_end_of_the_one_before(world: World, event_type: EventType) -> None:
    event = await world.a_case("accept", "start")
    with pytest.raises(OutOfOrder):
        await world.deliver(later(event, event_type))


async def test_a_withdrawal_in_the_slice_of_the_rework_is_released_after_the_assignment(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    other = await world.a_case("accept", "start", "resolve")
    await world.deliver(
        later(event, EventType.REWORK_ORDERED),
        later(other, EventType.REWORK_ORDERED),
        later(event, EventType.RELEASE_REQUESTED),
    )
    assert (await events_of(world, event))[-2:] == [("assigned", 5), ("released", 6)]
    assert (await world.row(event))["status"] == "withdrawn"
    assert (await world.row(other))["status"] == "assigned"


async def test_what_was_handled_on_the_spot_is_resolved_at_once(world: World) -> None:
    photo = "0190a0b0-0000-7000-8000-00000000000a"
    event, ordinary = received(source="grid_patrol", self_handled={**HANDLED, "photos": [photo]}), received()
    await world.deliver(ordinary, event)
    row = await world.row(event)
    assert (row["status"], row["version"], row["sequence"], row["officer"]) == ("resolved", 4, 4, "officer-demo")
    assert (row["handling_mode"], row["result"], row["started_at"]) == ("guidance", "已劝离", RECEIVED_AT)
    assert (row["explanation"]["rule"], row["explanation"]["grid"]) == ("self_handled", "grid-08")
    assert row["photos"] == [{"id": photo, "role": "after"}]
    assert now() - row["resolved_at"] < timedelta(minutes=1)
    published = await world.published(event)
    assert [each["type"].removeprefix("complaint.") for each in published] == [
        "assigned", "accepted", "started", "resolved",
    ]  # fmt: skip
    assert {each["causationid"] for each in published} == {event.id}
    assigned, _, started, resolved = (each["payload"] for each in published)
    assert (assigned["rule"], assigned["officer"]) == ("self_handled", "officer-demo")
    assert (started["started_at"], resolved["self_handled"]) == ("2026-03-01T08:00:00Z", True)
    assert (await world.row(ordinary))["status"] == "assigned"
    assert [each["payload"].get("rule") for each in await world.published(ordinary)] == ["grid"]


async def test_the_worker_s_own_team_has_done_it_whatever_the_place(world: World) -> None:
    await world.run(
        "INSERT INTO team_member (tenant, team, subject, role) VALUES ('522723', 'team-03', 'wanderer', 'mobile')"
    )
    event = received(self_handled={**HANDLED, "actor": "wanderer"})
    stranger = received(self_handled={**HANDLED, "actor": "nobody-s"})
    await world.deliver(event, stranger)
    assert [(await world.row(each))["team"] for each in (event, stranger)] == ["team-03", "team-08"]
    assert {each["payload"]["team"] for each in await world.published(event)} == {"team-03"}


async def test_a_report_of_what_was_handled_that_comes_twice_is_one_case(world: World) -> None:
    event = received(self_handled=HANDLED)
    again = later(event, EventType.WITHDRAWN)
    await world.deliver(event)
    await world.deliver(event._replace(id=again.id))
    assert len(await world.published(event)) == 4


async def test_what_is_no_longer_merged_goes_back_to_its_unit_with_a_clock_of_its_own(world: World) -> None:
    event = await world.a_case()
    before = await world.row(event)
    merging = later(event, EventType.RELEASE_REQUESTED)
    await world.deliver(merging._replace(data=ReleaseRequested(actor="operator-1", ending="merged")))
    assert (await world.row(event))["status"] == "merged"
    assert (await world.act(event, "accept", role="officer")).status_code == 409

    unmerged = later(event, EventType.UNMERGED)
    await world.deliver(later(event, EventType.MERGED), unmerged)
    row = await world.row(event)
    assert (row["status"], row["round"], row["team"]) == ("assigned", 1, before["team"])
    assert row["assigned_at"] == row["begun_at"] > before["assigned_at"]
    assert row["promised_at"] >= before["promised_at"]
    assert row["explanation"]["rule"] == "unmerging"
    assigned = (await world.published(event))[-1]
    assert (assigned["type"], assigned["sequence"]) == ("complaint.assigned", row["sequence"])
    assert (assigned["payload"]["rule"], assigned["payload"]["round"]) == ("unmerging", 1)
    for step in ("accept", "start", "resolve"):
        answer = await world.act(event, step, role="officer")
        assert answer.status_code == 200, answer.text

    await world.run("DELETE FROM inbox WHERE event_id = :id", id=unmerged.id)  # as after years
    before = await world.row(event)
    await world.deliver(unmerged)
    assert await world.row(event) == before


async def test_what_is_merged_is_withdrawn_without_dispatch_and_lets_go_of_nothing_twice(world: World) -> None:
    event = await world.a_case()
    merging = later(event, EventType.RELEASE_REQUESTED)
    await world.deliver(merging._replace(data=ReleaseRequested(actor="operator-1", ending="merged")))
    await world.deliver(later(event, EventType.MERGED))
    late = later(event, EventType.RELEASE_REQUESTED, sequence=4)
    await world.deliver(late._replace(data=ReleaseRequested(actor="reporter", ending="withdrawn")))
    assert (await events_of(world, event))[-1][0] == "release_refused"
    await world.deliver(later(event, EventType.WITHDRAWN, sequence=5))
    row = await world.row(event)
    assert (row["status"], row["responsible_team"]) == ("withdrawn", None)


async def test_an_unmerging_waits_for_the_merging(world: World) -> None:
    event = await world.a_case()
    with pytest.raises(OutOfOrder):
        await world.deliver(later(event, EventType.UNMERGED))


async def test_an_officer_who_was_quicker_keeps_what_should_be_merged(world: World) -> None:
    event = await world.a_case("accept")
    merging = later(event, EventType.RELEASE_REQUESTED)
    await world.deliver(merging._replace(data=ReleaseRequested(actor="operator-1", ending="merged")))
    assert (await world.row(event))["status"] == "accepted"
    assert (await events_of(world, event))[-1] == ("release_refused", 3)
