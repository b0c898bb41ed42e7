"""A ledger that is rebuilt from the topic comes to the same complaints, entries and tasks."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event, parse
from histories import History, messages
from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import As, Enter
from ledger_service.events.handler import SUBSCRIPTION
from outboxes import as_message

GOOD: dict[str, Any] = {"outcome": "reached", "satisfaction": "satisfied", "solved": True}
WORD: dict[str, Any] = {"satisfaction": "dissatisfied", "solved": False}
_TASKS = sa.text("""
    SELECT id, complaint_id, round, kind, state, created_at, due_at, attempts, most_attempts, outcome
    FROM follow_up ORDER BY id
""")
_COMPLAINTS = sa.text("""
    SELECT complaint_id, status, round, version, satisfaction, solved, closing_version, closed_at, seq_ledger
    FROM ledger_complaint ORDER BY complaint_id
""")
_ENTRIES = sa.text("SELECT event_id, complaint_id, sequence, data FROM entry ORDER BY complaint_id, source, sequence")


@pytest_asyncio.fixture(loop_scope="session")
async def closings(client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> Closings:
    await forget(engine, "closing_rules", "outbox", "idempotency_key")
    return Closings(client, engine, enter, as_)


async def forget(engine: AsyncEngine, *more: str) -> None:
    """Lose what the ledger has made of the topic."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in ("ledger_complaint", "entry", "inbox", "follow_up", *more):
            await connection.execute(sa.text(f"DELETE FROM {table}"))


async def state(engine: AsyncEngine) -> list[list[tuple[object, ...]]]:
    """Return all that must come back."""
    async with engine.connect() as connection:
        return [
            [tuple(row) for row in await connection.execute(statement)] for statement in (_TASKS, _COMPLAINTS, _ENTRIES)
        ]


async def own_events(engine: AsyncEngine) -> list[Event]:
    """Return what the ledger has published, in order."""
    statement = sa.text("SELECT * FROM outbox WHERE aggregatetype = 'complaint.lifecycle.v1' ORDER BY position")
    async with engine.connect() as connection:
        rows = (await connection.execute(statement)).mappings().all()
    carried = [as_message(row) for row in rows]
    return [parse(message.headers, message.value) for message in carried]


async def lives(closings: Closings) -> list[History]:
    """Live through calls, draws, reviews, rework and reopenings."""
    await closings.rules(
        {"sources": ["hotline"], **ASK_FIRST, "calls": {"attempts": 2, "unreachable": "supervisor"}},
        {"sources": ["media"], "gates": [], "calls": {"sampled_percent": 100}},
        {"after_bad_word": "reopen", "sources": ["home_visit"]},
        {"after_bad_word": "review"},
    )
    called, unreached, back = [await closings.verified(source="hotline") for _ in range(3)]
    await closings.call(called, await closings.task(called, "gate"), **GOOD)
    for _ in range(2):
        await closings.call(unreached, await closings.task(unreached, "gate"), outcome="no_answer")
    await closings.call(back, await closings.task(back, "gate"), outcome="reached", solved=False, note="还在")
    drawn, rated = [await closings.resolved(source="media") for _ in range(2)]
    await closings.call(drawn, await closings.task(drawn, "sample"), outcome="wrong_number")
    await closings.post(rated, "feedback", {"satisfaction": "satisfied", "solved": True}, closings.operator)
    reopened, reviewed = await closings.verified(source="home_visit"), await closings.verified()
    for history in (reopened, reviewed):
        assert (await closings.post(history, "feedback", WORD, closings.operator)).status_code == 200
    return [called, unreached, back, drawn, rated, reopened, reviewed]


def topic(histories: Sequence[History], own: Sequence[Event]) -> list[Event]:
    """Return all events as they stand on the topic: of each complaint in the order in which they happened."""
    return [
        event
        for history in histories
        for event in (*history.events, *(each for each in own if each.subject == history.id))
    ]


async def test_rebuilt_from_the_topic_it_is_the_same_in_one_slice_or_in_many(closings: Closings) -> None:
    histories = await lives(closings)
    before = await state(closings.engine)
    assert {(row[3], row[4]) for row in before[0]} == {
        ("gate", "done"),
        ("gate", "supervisor"),
        ("sample", "done"),
        ("sample", "dropped"),
        ("review", "open"),
    }
    events = topic(histories, await own_events(closings.engine))
    await forget(closings.engine)
    outcome = await SUBSCRIPTION.apply(closings.engine, messages(events))
    assert outcome.misfits == []
    assert await state(closings.engine) == before
    await forget(closings.engine)
    for event in events:
        assert (await SUBSCRIPTION.apply(closings.engine, messages([event]))).misfits == []
    assert await state(closings.engine) == before


async def test_what_is_entered_twice_changes_no_task(closings: Closings) -> None:
    histories = await lives(closings)
    before = await state(closings.engine)
    events = topic(histories, await own_events(closings.engine))
    await SUBSCRIPTION.apply(closings.engine, messages(events))
    assert await state(closings.engine) == before
