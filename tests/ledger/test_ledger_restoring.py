"""A ledger that lacks what it once had: events come back out of a replay, and its own out of the topic."""

from collections.abc import Callable

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintClosed, ComplaintVerified, FeedbackReceived
from contracts.lifecycle import EventType
from contracts.roles import Role
from eventbus.errors import OutOfOrder
from eventbus.parking import Misfit, park
from eventbus.release import ParkedMessages
from histories import History, message, messages
from ledger_service.events.handler import SUBSCRIPTION
from outboxes import published


def _verified(history: History) -> Event:
    return history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="on_site"))


def _to_the_end(history: History) -> list[Event]:
    """Verified, closed and rated, as the ledger published it once."""
    _verified(history)
    history.event(EventType.CLOSED, ComplaintClosed(gates=("verified",)))
    history.event(
        EventType.FEEDBACK_RECEIVED, FeedbackReceived(actor="citizen-1", satisfaction="satisfied", solved=True)
    )
    return history.events


async def _history(engine: AsyncEngine, history: History) -> list[str]:
    query = sa.text("SELECT type FROM entry WHERE complaint_id = :id ORDER BY position")
    async with engine.connect() as connection:
        found = await connection.execute(query, {"id": history.id})
    return [str(event_type).removeprefix("complaint.") for event_type in found.scalars()]


async def _outbox(engine: AsyncEngine, history: History) -> list[tuple[object, str]]:
    return [(row["id"], row["payload"]) for row in await published(engine, history.id)]


_LIFE = ["received", "assigned", "accepted", "started", "resolved", "verified", "closed", "feedback_received"]


async def test_own_events_that_are_missing_are_entered_and_handed_to_the_outbox_as_they_came(
    engine: AsyncEngine,
) -> None:
    history = History().until_resolved()
    events = _to_the_end(history)
    came = messages(events)
    came[6] = came[6]._replace(value=b'{"gates": ["verified"], "of_a_later_release": 1}')
    outcome = await SUBSCRIPTION.apply(engine, came)
    assert (outcome.applied, outcome.misfits) == (8, [])
    assert await _history(engine, history) == _LIFE
    own = [(event.id, (record.value or b"").decode()) for event, record in zip(events[5:], came[5:], strict=True)]
    assert await _outbox(engine, history) == own
    again = await SUBSCRIPTION.apply(engine, messages(events))
    assert (again.applied, again.duplicate) == (0, 8)
    assert len(await _outbox(engine, history)) == 3


async def test_own_events_that_come_back_change_nothing(
    engine: AsyncEngine, client: httpx.AsyncClient, as_: Callable[..., dict[str, str]]
) -> None:
    history = History().until_resolved()
    await SUBSCRIPTION.apply(engine, messages(history.events))
    path = f"/complaints/{history.id}/verification"
    answer = await client.post(path, json={"method": "on_site"}, headers=as_(Role.INSPECTOR))
    assert answer.status_code == 200
    before = await _outbox(engine, history)
    came = messages(_to_the_end(history)[5:7])
    for index, (event_id, payload) in enumerate(before):
        headers = [(name, str(event_id).encode() if name == "ce_id" else value) for name, value in came[index].headers]
        came[index] = came[index]._replace(headers=headers, value=payload.encode())
    outcome = await SUBSCRIPTION.apply(engine, came)
    assert (outcome.applied, outcome.misfits) == (2, [])
    assert await _history(engine, history) == _LIFE[:7]
    assert await _outbox(engine, history) == before


async def test_a_withdrawal_waits_for_the_release_that_caused_it_and_follows_it(engine: AsyncEngine) -> None:
    history = History()
    before = [history.received(), history.assigned(), history.release_requested()]
    released = history.released(before[-1].id)
    withdrawn = history.withdrawn()._replace(causation_id=released.id)
    await SUBSCRIPTION.apply(engine, messages(before))
    with pytest.raises(OutOfOrder, match=r"complaint\.withdrawn came before the complaint\.released"):
        await SUBSCRIPTION.apply(engine, [message(withdrawn)])
    await SUBSCRIPTION.apply(engine, messages([released, withdrawn]))
    assert await _history(engine, history) == ["received", "assigned", "release_requested", "released", "withdrawn"]


async def test_what_the_state_shows_to_be_missing_is_let_in_first_by_a_release(engine: AsyncEngine) -> None:
    history = History().until_resolved()
    resolved, verified = history.events[4], _verified(history)
    await SUBSCRIPTION.apply(engine, messages(history.events[:4]))
    with pytest.raises(OutOfOrder):
        await SUBSCRIPTION.apply(engine, [message(verified)])
    async with engine.begin() as connection:
        await park(connection, SUBSCRIPTION.consumer, [Misfit(message(verified), OutOfOrder("early"))])
    outcome = await SUBSCRIPTION.apply(engine, [message(resolved)])
    assert len(outcome.misfits) == 1
    parked = ParkedMessages(engine, [SUBSCRIPTION])
    [first, *_] = [row for row in await parked.list() if row["key"] == str(history.id)]
    assert await parked.release(first["id"], by="test") == 2
    assert await _history(engine, history) == _LIFE[:6]
