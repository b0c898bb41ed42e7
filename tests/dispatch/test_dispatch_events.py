from datetime import datetime
from unittest.mock import ANY

import pytest

from contracts.lifecycle import EventType
from dispatch.statements import statements
from dispatch.world import FAR_AWAY, NEIGHBOUR, RECEIVED_AT, TOWN, TRACE, World, later, received
from eventbus.errors import OutOfOrder, Permanent


async def test_a_received_complaint_is_assigned_to_the_team_of_its_grid(world: World) -> None:
    event = received()

    outcome = await world.deliver(event)

    assert (outcome.applied, outcome.misfits) == (1, [])
    row = await world.row(event)
    assert (row["status"], row["team"], row["grid"], row["grid_version"]) == ("assigned", "team-08", "grid-08", 1)
    assert (row["round"], row["version"], row["sequence"], row["received_at"]) == (1, 1, 1, RECEIVED_AT)
    assert row["explanation"] == {"rule": "grid", "grid": "grid-08", "grid_version": 1, "team": "team-08"}
    (assigned,) = await world.published(event)
    assert assigned["payload"] == {
        "team": "team-08",
        "team_name": "文兴社区网格队",
        "grid": "grid-08",
        "community": "community-08",
        "round": 1,
        "rule": "grid",
        "promised_at": (await world.row(event))["promised_at"].isoformat().replace("+00:00", "Z"),
        "warn_at": (await world.row(event))["warn_at"].isoformat().replace("+00:00", "Z"),
        "accept_by": (await world.row(event))["accept_by"].isoformat().replace("+00:00", "Z"),
        "on_site_by": (await world.row(event))["on_site_by"].isoformat().replace("+00:00", "Z"),
    }


async def test_the_assignment_continues_correlation_cause_and_trace_of_the_receipt(world: World) -> None:
    event = await world.a_case()

    (assigned,) = await world.published(event)
    assert assigned["type"] == "complaint.assigned"
    assert (assigned["source"], assigned["tenant"], assigned["sequence"]) == ("dispatch", event.tenant, 1)
    assert (assigned["correlationid"], assigned["causationid"]) == (event.correlation_id, event.id)
    assert assigned["traceparent"] == TRACE


@pytest.mark.parametrize("place", [None, FAR_AWAY])
async def test_what_no_grid_answers_for_reaches_the_duty_desk(world: World, place: tuple[float, float] | None) -> None:
    event = await world.a_case(at=place)

    row = await world.row(event)
    (assigned,) = await world.published(event)
    assert (row["status"], row["team"], row["grid"], row["community"]) == ("assigned", "duty-desk", None, None)
    assert assigned["payload"] == {
        "team": "duty-desk",
        "team_name": "县综合行政执法局值班台",
        "round": 1,
        "rule": "duty_desk",
        "promised_at": row["promised_at"].isoformat().replace("+00:00", "Z"),
        "warn_at": row["warn_at"].isoformat().replace("+00:00", "Z"),
        "accept_by": row["accept_by"].isoformat().replace("+00:00", "Z"),
        "on_site_by": row["on_site_by"].isoformat().replace("+00:00", "Z"),
    }


async def test_a_tenant_without_grids_has_its_duty_desk(world: World) -> None:
    event = received(tenant=NEIGHBOUR)
    ours = received()

    await world.deliver(event, ours)

    assert (await world.row(event))["team"] == "duty-desk"
    assert (await world.row(ours))["team"] == "team-08"
    assert (await world.published(event))[0]["tenant"] == NEIGHBOUR


async def test_repeats_make_one_case_and_one_assignment(world: World) -> None:
    event = received()
    again = later(event, EventType.WITHDRAWN)
    twin = event._replace(id=again.id)

    await world.deliver(event, event)
    await world.deliver(event)
    await world.deliver(twin)

    assert [row["sequence"] for row in await world.published(event)] == [1]
    assert (await world.row(event))["version"] == 1


async def test_a_withdrawal_in_the_slice_of_the_receipt_is_released_after_the_assignment(world: World) -> None:
    event = received()
    request = later(event, EventType.RELEASE_REQUESTED)

    await world.deliver(event, received(), request)

    published = await world.published(event)
    assert [(row["type"], row["sequence"]) for row in published] == [
        ("complaint.assigned", 1),
        ("complaint.released", 2),
    ]
    assert published[1]["payload"] == {"request": str(request.id), "ending": "withdrawn", "status": "assigned"}
    assert published[1]["causationid"] == request.id
    assert (await world.row(event))["status"] == "withdrawn"


async def test_after_the_release_no_officer_can_act_and_the_withdrawal_is_no_news(world: World) -> None:
    event = await world.a_case("accept", "start")
    await world.deliver(later(event, EventType.RELEASE_REQUESTED))
    released = await world.row(event)

    await world.deliver(later(event, EventType.WITHDRAWN))

    row = await world.row(event)
    assert {name for name in row if row[name] != released[name]} == {"updated_at", "intake_heard", "intake_uncounted"}
    response = await world.act(event, "resolve", role="officer")
    assert response.status_code == 409
    assert response.json()["present"] == {"status": "withdrawn", "version": released["version"]}


async def test_a_withdrawal_after_the_work_is_done_is_refused_with_the_state(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")
    before = await world.row(event)
    request = later(event, EventType.RELEASE_REQUESTED)

    await world.deliver(request)

    *_, refused = await world.published(event)
    assert (refused["type"], refused["sequence"]) == ("complaint.release_refused", 5)
    assert refused["payload"] == {"request": str(request.id), "status": "resolved"}
    after = await world.row(event)
    assert (after["status"], after["version"], after["sequence"]) == ("resolved", before["version"], 5)


async def test_verification_and_closing_keep_the_lists_true(world: World) -> None:
    done = [await world.a_case("accept", "start", "resolve") for _ in range(2)]
    before = await world.row(done[0])

    await world.deliver(
        later(done[0], EventType.VERIFIED), later(done[1], EventType.VERIFIED), later(done[0], EventType.CLOSED)
    )

    after = await world.row(done[0])
    assert (after["status"], after["version"]) == ("closed", before["version"] + 2)
    assert after["updated_at"] > before["updated_at"]
    assert (await world.row(done[1]))["status"] == "verified"
    assert [row["sequence"] for row in await world.published(done[0])] == [1, 2, 3, 4]


@pytest.mark.parametrize("event_type", [EventType.RELEASE_REQUESTED, EventType.VERIFIED])
async def test_an_event_before_the_receipt_is_out_of_order_and_changes_nothing(
    world: World, event_type: EventType
) -> None:
    known, unknown = received(), received()

    with pytest.raises(OutOfOrder):
        await world.deliver(known, later(unknown, event_type))

    assert await world.published(known) == []
    await world.deliver(known)
    assert len(await world.published(known)) == 1


async def test_an_event_in_the_name_of_another_tenant_is_out_of_order(world: World) -> None:
    event = await world.a_case()

    with pytest.raises(OutOfOrder):
        await world.deliver(later(event, EventType.RELEASE_REQUESTED, tenant=NEIGHBOUR))

    assert (await world.row(event))["status"] == "assigned"


async def test_a_closing_whose_verification_is_missing_is_out_of_order(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")

    with pytest.raises(OutOfOrder, match="may not follow resolved"):
        await world.deliver(later(event, EventType.CLOSED))

    await world.deliver(later(event, EventType.VERIFIED), later(event, EventType.CLOSED))
    assert (await world.row(event))["status"] == "closed"


async def test_an_event_that_the_state_table_forbids_is_permanent(world: World) -> None:
    event = await world.a_case()

    with pytest.raises(Permanent, match="may not follow assigned"):
        await world.deliver(later(event, EventType.VERIFIED))


async def test_a_slice_takes_the_same_number_of_statements_whatever_its_size(world: World) -> None:
    sizes = []
    for size in (2, 150):
        events = [received(TOWN if index % 2 else None) for index in range(size)]
        requests = [later(event, EventType.RELEASE_REQUESTED) for event in events]
        with statements(world) as executed:
            await world.deliver(*events, *requests)
        sizes.append(len(executed))

    assert sizes[0] == sizes[1] < 10


async def test_what_a_complaint_says_is_kept_with_the_case(world: World) -> None:
    occurred_at = datetime.fromisoformat("2026-03-01T07:30:00+08:00")
    event = received(proactive=True, source="grid_patrol", category=None, occurred_at=occurred_at, number="GD-7")

    await world.deliver(event)

    row = await world.row(event)
    assert row | {"proactive": True, "source": "grid_patrol", "category": None, "number": "GD-7"} == row
    assert (row["lon"], row["lat"], row["address"]) == (*TOWN, "金南街道")
    assert (row["occurred_at"], row["assigned_at"]) == (occurred_at, ANY)
