"""What is kept of a complaint beside its entries: the same, however its events come."""

from dataclasses import fields
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import ComplaintRescheduled
from contracts.lifecycle import EventType
from histories import BEGIN, OFFICER
from ledger.conftest import Enter
from ledger.eventful import Eventful
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.facts import Exclusion, Facts
from ledger_service.persistence.complaints import lock

_PROMISED = BEGIN + timedelta(days=2)


def _full() -> Eventful:
    history = Eventful()
    for step in (history.received, history.assigned, history.accepted, history.returned):
        step()
    history.promised(_PROMISED, officer="officer-2")
    history.accepted()
    history.extended(_PROMISED + timedelta(days=1))
    history.suspended()
    history.resumed(_PROMISED + timedelta(days=2))
    history.resolved()
    history.rework_ordered()
    history.promised(_PROMISED + timedelta(days=4))
    for step in (history.accepted, history.started, history.resolved, history.verified, history.closed):
        step()
    rating = history.rated("dissatisfied", solved=False)
    history.decided(history.appealed(rating.id).id)
    history.excluded("timeliness")
    history.reclassified("noise.night")
    return history


def _folded(history: Eventful) -> Complaint:
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events:
        complaint.enter(event)
    return complaint


def test_facts_are_those_of_all_events() -> None:
    complaint = _folded(_full())
    assert (complaint.returns, complaint.extensions, complaint.reworks, complaint.reopenings) == (1, 1, 1, 0)
    assert (complaint.officer, complaint.handling_mode) == (OFFICER, "guidance")
    assert complaint.promised_at == _PROMISED + timedelta(days=4)
    assert complaint.is_struck
    assert complaint.category == "noise.night"
    assert complaint.exclusions == Exclusion.TIMELINESS
    assert complaint.facts_version == complaint.version == len(_full().events)


def test_a_promise_that_was_reckoned_anew_counts() -> None:
    history = Eventful()
    history.received()
    history.promised(_PROMISED)
    history.event(EventType.RESCHEDULED, ComplaintRescheduled(promised_at=_PROMISED + timedelta(days=3)))
    assert _folded(history).promised_at == _PROMISED + timedelta(days=3)


def test_what_is_taken_back_from_a_department_was_not_returned() -> None:
    history = Eventful()
    for step in (history.received, history.assigned, history.transferred, history.returned):
        step()
    assert _folded(history).returns == 0


def test_a_reopening_begins_without_result_and_word() -> None:
    history = _full()
    history.excluded("all")
    history.excluded("timeliness", excluded=False)
    history.reopened(3)
    complaint = _folded(history)
    assert (complaint.closed_at, complaint.resolved_at, complaint.satisfaction, complaint.rating) == (None,) * 4
    assert not complaint.is_struck
    assert complaint.first_closed_at is not None
    assert complaint.exclusions == Exclusion.ALL


def test_an_appeal_against_the_word_of_an_earlier_round_changes_nothing() -> None:
    history = _full()
    appeal = history.events[-3]
    history.reopened(3)
    history.decided(appeal.id)
    assert not _folded(history).is_struck


@pytest.mark.parametrize("size", [1, 5, 100])
async def test_what_is_stored_is_what_was_folded(engine: AsyncEngine, enter: Enter, size: int) -> None:
    history, folded = _full(), None
    whole = history.events
    for start in range(0, len(whole), size):
        history.events = whole[start : start + size]
        await enter(history)
    history.events = whole
    folded = _folded(history)
    async with engine.begin() as connection:
        stored = await lock(connection, history.tenant, history.id)
    names = [field.name for field in fields(Facts) if field.name not in ("received", "transferred_at", "deeds")]
    assert {name: getattr(stored, name) for name in names} == {name: getattr(folded, name) for name in names}


async def test_entries_of_a_release_without_facts_are_not_counted_among_them(engine: AsyncEngine, enter: Enter) -> None:
    history = Eventful()
    history.received()
    await enter(history)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE ledger_complaint SET facts_version = 0 WHERE complaint_id = :id"), {"id": history.id}
        )
    history.events = [history.assigned()]
    await enter(history)
    async with engine.begin() as connection:
        stored = await lock(connection, history.tenant, history.id)
    assert stored is not None
    assert (stored.version, stored.facts_version) == (2, 0)
