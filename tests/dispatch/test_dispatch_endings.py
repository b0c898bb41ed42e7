"""What the ledger has decided to void or to close by force: dispatch lets go of it while the work is not done."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.events import ReleaseEnding, ReleaseRequested
from contracts.lifecycle import EventType, Status
from dispatch.asking import ask, problem, shown
from dispatch.world import World, ending_decided, later, received
from dispatch_service.domain.simulation.past import PastCase
from dispatch_service.service.timers import fire_due


async def _told(world: World, event: Event) -> list[str]:
    return [row["type"].removeprefix("complaint.") for row in await world.published(event)]


@pytest.mark.parametrize(("ending", "event_type"), [("voided", EventType.VOIDED), ("closed", EventType.FORCE_CLOSED)])
async def test_it_lets_go_and_tells_where_the_case_stood(world: World, ending: str, event_type: EventType) -> None:
    event = await world.a_case("accept")
    decided = ending_decided(event, ending)
    await world.deliver(decided)

    released = (await world.published(event))[-1]
    assert (released["type"], released["sequence"], released["causationid"]) == (EventType.RELEASED, 3, decided.id)
    assert released["payload"] == {"request": str(decided.id), "ending": ending, "status": "accepted"}
    row = await world.row(event)
    assert (row["status"], row["ledger_sequence"]) == (ending, 1)
    refused = await world.act(event, "start", role="officer")
    assert (problem(refused), refused.json()["present"]["status"]) == ((409, "illegal-transition"), ending)

    await world.deliver(decided)
    await world.deliver(later(event, event_type, sequence=2))
    after = await world.row(event)
    assert (after["version"], after["sequence"]) == (row["version"], 3)


async def test_nobody_has_to_decide_inspect_or_hurry_any_more(world: World) -> None:
    event = await world.a_case("accept", "start")
    await ask(world, event, "extension")
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await world.act(event, "rectification", {"notice": "x", "until": until}, role="officer")
    await world.deliver(ending_decided(event, "closed"))
    await world.run("UPDATE dispatch_case SET timer_at = now() WHERE complaint_id = :id", id=event.subject)
    while await fire_due(world.engine, world.clockworks):
        pass

    case = await shown(world, event)
    assert (case["status"], case["reinspection"], case["light"]) == ("closed", None, None)
    assert [each["state"] for each in case["requests"]] == ["dropped"]
    assert "escalated" not in await _told(world, event)


async def test_a_voided_case_is_no_open_work_and_is_found_among_what_has_ended(world: World) -> None:
    event = await world.a_case()

    async def waiting() -> int:
        loads = (await world.send("GET", "/dispatch/v1/workload?team=team-08", role="dispatcher")).json()
        return int(loads["open"])

    before = await waiting()
    await world.deliver(ending_decided(event, "voided"))
    assert await waiting() == before - 1
    ended = "/dispatch/v1/cases?status=voided&category=street.vendors"
    found = (await world.send("GET", ended, role="analyst")).json()["items"]
    assert str(event.subject) in {each["complaint_id"] for each in found}
    worklist = (await world.send("GET", "/dispatch/v1/worklist", role="officer")).json()
    assert str(event.subject) not in {each["complaint_id"] for each in worklist["items"]}


async def test_what_another_department_has_may_be_voided(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.send("PUT", "/dispatch/v1/departments/water", role="admin", json={"name": "水务局"})
    away = {"department": "water", "external_ref": "1", "reason": "水务"}
    await world.act(event, "transfer", away, role="dispatcher")
    await world.deliver(ending_decided(event, "voided"))
    assert (await world.row(event))["status"] == "voided"


async def test_work_that_is_done_is_not_let_go_and_the_ledger_ends_it(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    await world.deliver(ending_decided(event, "voided", status=Status.IN_PROGRESS))
    refused = (await world.published(event))[-1]
    assert (refused["type"], refused["payload"]["status"]) == (EventType.RELEASE_REFUSED, "resolved")
    await world.deliver(later(event, EventType.VOIDED, sequence=2))
    assert (await world.row(event))["status"] == "voided"


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.VERIFIED])
async def test_what_the_ledger_ends_itself_is_not_answered(world: World, status: Status) -> None:
    event = await world.a_case("accept", "start", "resolve")
    decided = ending_decided(event, "closed", status=status)
    await world.deliver(decided, later(event, EventType.FORCE_CLOSED, sequence=2))
    assert (await world.row(event))["status"] == "closed"
    assert await _told(world, event) == ["assigned", "accepted", "started", "resolved"]


async def test_a_decision_against_it_says_nothing_to_the_unit(world: World) -> None:
    event = await world.a_case()
    await world.deliver(ending_decided(event, "voided", approved=False))
    assert ((await world.row(event))["status"], await _told(world, event)) == ("assigned", ["assigned"])


async def test_what_was_closed_by_force_can_begin_another_round(world: World) -> None:
    event = await world.a_case()
    await world.deliver(ending_decided(event, "closed"), later(event, EventType.FORCE_CLOSED, sequence=2))
    await world.deliver(later(event, EventType.REOPENED, sequence=3))
    assert await _told(world, event) == ["assigned", "released", "assigned"]
    row = await world.row(event)
    assert (row["status"], row["round"]) == ("assigned", 2)


async def test_of_a_withdrawal_and_a_voiding_the_first_wins(world: World) -> None:
    voided_first, withdrawn_first = received(), received()
    await world.deliver(voided_first, withdrawn_first)
    await world.deliver(
        ending_decided(voided_first, "voided"),
        later(voided_first, EventType.RELEASE_REQUESTED),
        later(withdrawn_first, EventType.RELEASE_REQUESTED),
        ending_decided(withdrawn_first, "voided"),
    )
    for event, winner in ((voided_first, "voided"), (withdrawn_first, "withdrawn")):
        assert (await world.row(event))["status"] == winner
        released, refused = (await world.published(event))[-2:]
        assert (released["type"], released["payload"]["ending"]) == (EventType.RELEASED, winner)
        assert (refused["type"], refused["payload"]["status"]) == (EventType.RELEASE_REFUSED, winner)


async def test_of_a_voiding_and_an_acceptance_exactly_one_wins(world: World) -> None:
    for _ in range(6):
        event = await world.a_case()
        _, answer = await asyncio.gather(
            world.deliver(ending_decided(event, "voided")), world.act(event, "accept", role="officer")
        )
        won = ["accepted"] if answer.status_code == 200 else []
        assert await _told(world, event) == ["assigned", *won, "released"]
        assert (await world.row(event))["status"] == "voided"


def test_a_simulation_leaves_out_what_no_unit_has_ended() -> None:
    def past(status: str, resolved_at: float | None) -> PastCase:
        return PastCase(
            number="1",
            category=None,
            point=None,
            status=status,
            self_handled=False,
            team="team-01",
            officer=None,
            received_at=0,
            assigned_at=0,
            accepted_at=None,
            started_at=None,
            resolved_at=resolved_at,
            promised_at=None,
        )

    assert [past(*each).is_left_out for each in (("voided", None), ("closed", None), ("closed", 9.0))] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("ending", ["rejected", "merged"])
async def test_what_no_unit_has_accepted_is_let_go_to_be_rejected_or_merged(
    world: World, ending: ReleaseEnding
) -> None:
    waiting, taken = received(), await world.a_case("accept")
    asks = [
        later(event, EventType.RELEASE_REQUESTED)._replace(data=ReleaseRequested(actor="operator-1", ending=ending))
        for event in (waiting, taken)
    ]

    await world.deliver(waiting, *asks)

    *_, let_go = await world.published(waiting)
    assert let_go["payload"] == {"request": str(asks[0].id), "ending": ending, "status": "assigned"}
    *_, kept = await world.published(taken)
    assert kept["payload"] == {"request": str(asks[1].id), "status": "accepted"}
    before = await world.row(waiting)
    assert (before["status"], (await world.row(taken))["status"]) == (ending, "accepted")
    await world.deliver(later(waiting, EventType(f"complaint.{ending}")))
    after = await world.row(waiting)
    assert (after["status"], after["version"], after["sequence"]) == (ending, before["version"], before["sequence"])
    refused = await world.act(waiting, "accept", role="officer")
    assert refused.json()["present"]["status"] == ending
