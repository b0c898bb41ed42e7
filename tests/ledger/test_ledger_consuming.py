"""What becomes of events that arrive."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, Status
from eventbus.errors import OutOfOrder, Permanent
from eventbus.isolation import Isolation
from histories import OFFICER, OWNER, History, message, messages
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence.tables import entry, ledger_complaint
from runtime.database import is_outage


async def entries_of(engine: AsyncEngine, history: History) -> list[sa.RowMapping]:
    statement = sa.select(entry).where(entry.c.complaint_id == history.id).order_by(entry.c.position)
    async with engine.connect() as connection:
        return list((await connection.execute(statement)).mappings())


async def complaint_of(engine: AsyncEngine, history: History) -> sa.RowMapping | None:
    statement = sa.select(ledger_complaint).where(ledger_complaint.c.complaint_id == history.id)
    async with engine.connect() as connection:
        return (await connection.execute(statement)).mappings().one_or_none()


async def test_a_slice_with_whole_stories_makes_entries_in_order_and_a_projection_each(engine: AsyncEngine) -> None:
    histories = [History().until_resolved() for _ in range(40)]
    interleaved = [history.events[step] for step in range(5) for history in histories]
    outcome = await SUBSCRIPTION.apply(engine, messages(interleaved))
    assert (outcome.applied, outcome.duplicate, outcome.misfits) == (200, 0, [])
    for history in histories:
        entries = await entries_of(engine, history)
        assert [row["event_id"] for row in entries] == [event.id for event in history.events]
        assert [(row["status_before"], row["status_after"]) for row in entries] == [
            (None, "received"),
            ("received", "assigned"),
            ("assigned", "accepted"),
            ("accepted", "in_progress"),
            ("in_progress", "resolved"),
        ]
        assert [row["actor"] for row in entries] == [OWNER, None, OFFICER, OFFICER, OFFICER]
        complaint = await complaint_of(engine, history)
        assert complaint is not None
        assert complaint["status"] == "resolved"
        assert complaint["version"] == 5
        assert (complaint["seq_intake"], complaint["seq_dispatch"], complaint["seq_ledger"]) == (1, 4, 0)
        assert (complaint["team_name"], complaint["community"], complaint["worker"]) == (
            "team-01 网格队",
            "fulai",
            OFFICER,
        )
        assert (complaint["lon"], complaint["lat"], complaint["owner"]) == (107.2357, 26.5807, OWNER)


async def test_one_event_a_slice_comes_to_the_same(engine: AsyncEngine) -> None:
    at_once, step_by_step = History().until_resolved(), History().until_resolved()
    await SUBSCRIPTION.apply(engine, messages(at_once.events))
    for event in step_by_step.events:
        await SUBSCRIPTION.apply(engine, [message(event)])
    one, other = await complaint_of(engine, at_once), await complaint_of(engine, step_by_step)
    assert one is not None
    assert other is not None
    differing = {"complaint_id", "number", "updated_at", "lacking_since"}
    assert {k: v for k, v in one.items() if k not in differing} == {
        k: v for k, v in other.items() if k not in differing
    }


async def test_duplicates_inside_a_slice_and_across_slices_are_entered_once(engine: AsyncEngine) -> None:
    history = History()
    received, assigned = history.received(), history.assigned()
    first = await SUBSCRIPTION.apply(engine, messages([received, assigned, received, assigned]))
    again = await SUBSCRIPTION.apply(engine, messages([received, assigned, history.accepted()]))
    assert (first.applied, first.duplicate) == (2, 2)
    assert (again.applied, again.duplicate) == (1, 2)
    assert len(await entries_of(engine, history)) == 3


async def test_a_withdrawal_is_entered_with_its_handshake(engine: AsyncEngine) -> None:
    history = History()
    history.received()
    history.assigned()
    refused = history.release_requested()
    history.release_refused(refused.id, Status.ASSIGNED)
    history.released(history.release_requested().id)
    history.withdrawn()
    await SUBSCRIPTION.apply(engine, messages(history.events))
    complaint = await complaint_of(engine, history)
    assert complaint is not None
    assert (complaint["status"], complaint["version"], complaint["closed_at"]) == ("withdrawn", 7, None)


async def test_the_value_is_kept_byte_for_byte_with_fields_of_a_newer_version(engine: AsyncEngine) -> None:
    history = History()
    value = history.received().data.model_dump_json(exclude_none=True).replace("{", '{ "from_v2": [1.50, "新"], ', 1)
    await SUBSCRIPTION.apply(engine, [message(history.events[0], value.encode())])
    [row] = await entries_of(engine, history)
    assert row["data"] == value


def _without(history: History, index: int) -> list[Event]:
    return history.events[:index] + history.events[index + 1 :]


@pytest.mark.parametrize("missing", [0, 1, 2])
async def test_a_gap_is_out_of_order_and_writes_nothing(engine: AsyncEngine, missing: int) -> None:
    history = History().until_resolved()
    with pytest.raises(OutOfOrder):
        await SUBSCRIPTION.apply(engine, messages(_without(history, missing)))
    assert await entries_of(engine, history) == []
    assert await complaint_of(engine, history) is None


async def test_an_illegal_transition_is_permanent_and_is_no_gap(engine: AsyncEngine) -> None:
    history = History()
    history.received()
    history.resolved()
    with pytest.raises(Permanent, match="may not follow received") as refused:
        await SUBSCRIPTION.apply(engine, messages(history.events))
    assert not isinstance(refused.value, OutOfOrder)


async def test_a_second_reception_and_an_event_of_another_tenant_are_permanent(engine: AsyncEngine) -> None:
    history, intruder = History(), History(tenant="110101")
    history.received()
    await SUBSCRIPTION.apply(engine, messages(history.events))
    twin = History()
    twin.id = intruder.id = history.id
    with pytest.raises(Permanent, match="has been entered"):
        await SUBSCRIPTION.apply(engine, messages([twin.received()]))
    intruder.received()
    with pytest.raises(OutOfOrder):
        await SUBSCRIPTION.apply(engine, messages([intruder.assigned()]))
    assert len(await entries_of(engine, history)) == 1


async def test_another_tenant_cannot_take_a_complaints_id(engine: AsyncEngine) -> None:
    history, intruder = History(), History(tenant="110101")
    intruder.id = history.id
    history.received()
    await SUBSCRIPTION.apply(engine, messages(history.events))
    isolation = Isolation(SUBSCRIPTION, engine, is_outage)
    assert await isolation.apply(messages([intruder.received()])) is None
    [row] = await entries_of(engine, history)
    assert row["tenant"] == history.tenant


async def test_the_culprit_is_parked_alone_and_its_followers_behind_it(engine: AsyncEngine) -> None:
    good, bad = History().until_resolved(), History().until_resolved()
    bad.events[2] = bad.events[3]
    isolation = Isolation(SUBSCRIPTION, engine, is_outage)
    assert await isolation.apply(messages([*bad.events, *good.events])) is None
    assert len(await entries_of(engine, good)) == 5
    assert len(await entries_of(engine, bad)) == 2
    async with engine.connect() as connection:
        parked = await connection.execute(
            sa.text("SELECT error_class FROM parked_message WHERE key = :key ORDER BY id"),
            {"key": str(bad.id).encode()},
        )
        assert list(parked.scalars()) == ["OutOfOrder", "BehindParked", "BehindParked"]


async def test_text_that_the_database_refuses_is_parked_not_waited_for(engine: AsyncEngine) -> None:
    history = History()
    received = history.received(description="NUL \x00 inside")
    with pytest.raises(Exception, match="0x00") as refused:
        await SUBSCRIPTION.apply(engine, [message(received)])
    assert not is_outage(refused.value)


def test_it_consumes_everything_for_its_own_events_may_be_missing_after_a_restore() -> None:
    assert SUBSCRIPTION.types == frozenset(TRANSITIONS)
