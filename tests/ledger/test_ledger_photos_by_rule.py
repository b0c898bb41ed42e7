"""Nothing is verified by rule while a photo that its result needs is not there."""

from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from contracts.ids import derived_id
from contracts.lifecycle import EventType
from histories import History
from ledger.closings import Closings
from ledger.conftest import Enter
from ledger.test_ledger_closing_replays import forget, own_events, state

CLOSED = ["photos_asked", "verified", "closed"]


def resolved(*photos: UUID, self_handled: bool = False) -> History:
    history = History()
    for step in (history.received, history.assigned, history.accepted, history.started):
        step()
    history.resolved(photos=photos, self_handled=self_handled)
    return history


def asked_by(history: History) -> UUID:
    """Return the id of the ledger's question about the last result."""
    result = [event for event in history.events if event.type is EventType.RESOLVED][-1]
    return derived_id(result.id, EventType.PHOTOS_ASKED)


@pytest_asyncio.fixture(loop_scope="session")
async def without_gates(closings: Closings) -> Closings:
    await closings.rules({"gates": []})
    return closings


async def status(closings: Closings, history: History) -> Any:
    answer = await closings.client.get(f"/complaints/{history.id}", headers=closings.inspector)
    return answer.json()["status"]


async def test_it_waits_for_intakes_answer(without_gates: Closings, enter: Enter) -> None:
    history = resolved(uuid4())
    await enter(history)
    assert (await status(without_gates, history), await without_gates.types(history)) == ("resolved", CLOSED[:1])
    history.photos_checked(cause=asked_by(history))
    await enter(history)
    await enter(history)
    assert (await status(without_gates, history), await without_gates.types(history)) == ("closed", CLOSED)


async def test_a_photo_that_comes_later_closes_it_then(without_gates: Closings, enter: Enter) -> None:
    photo = uuid4()
    history = resolved(photo)
    history.photos_checked(photo)
    await enter(history)
    history.photos_checked(photo, cause=asked_by(history))
    await enter(history)
    assert (await status(without_gates, history), await without_gates.types(history)) == ("resolved", CLOSED[:1])
    history.photos_checked()
    await enter(history)
    assert (await status(without_gates, history), await without_gates.types(history)) == ("closed", CLOSED)


async def test_word_of_another_photo_is_no_answer(without_gates: Closings, enter: Enter) -> None:
    history = resolved(uuid4())
    history.photos_checked()
    await enter(history)
    assert await status(without_gates, history) == "resolved"


async def test_where_nobody_was_asked_a_photo_that_comes_answers_nothing(closings: Closings, enter: Enter) -> None:
    await closings.rules({"category": "street_order", "gates": ["verification"]}, {"gates": []})
    history = resolved(photo := uuid4())
    history.photos_checked(photo)
    history.reclassified("city_facilities.manhole")
    history.photos_checked()
    await enter(history)
    assert (await status(closings, history), await closings.types(history)) == ("resolved", [])
    seen = await closings.post(history, "verification", {"method": "on_site"}, closings.inspector)
    assert (seen.status_code, await status(closings, history)) == (200, "closed")


async def test_an_answer_counts_in_its_round_only(closings: Closings, enter: Enter) -> None:
    await closings.rules({"category": "street_order", "gates": []}, {"gates": ["verification"]})
    history = resolved(photo := uuid4())
    history.photos_checked(photo, cause=asked_by(history))
    await enter(history)
    body = {"method": "photo", "passed": False, "note": "没有照片"}
    back = await closings.post(history, "verification", body, closings.inspector)
    assert back.status_code == 200, back.text
    history.reclassified("city_facilities.manhole")
    history.assigned(number=2)
    history.accepted()
    history.started()
    history.resolved(photos=(photo,))
    history.reclassified("street_order.vendors", "city_facilities.manhole")
    history.photos_checked()
    await enter(history)
    assert await status(closings, history) == "resolved"
    assert await closings.types(history) == ["photos_asked", "rework_ordered"]


async def test_meanwhile_somebody_may_look(without_gates: Closings, enter: Enter) -> None:
    history, again = resolved(uuid4()), resolved(uuid4())
    await enter(history, again)
    seen = await without_gates.post(history, "verification", {"method": "on_site"}, without_gates.inspector)
    assert (seen.status_code, await status(without_gates, history)) == (200, "closed")
    body = {"method": "photo", "passed": False, "note": "没有照片"}
    back = await without_gates.post(again, "verification", body, without_gates.inspector)
    assert back.status_code == 200, back.text
    for each in (history, again):
        each.photos_checked(cause=asked_by(each))
    again.assigned(number=2)
    again.accepted()
    again.started()
    again.resolved()
    await enter(history, again)
    assert await without_gates.types(history) == CLOSED
    assert await without_gates.types(again) == ["photos_asked", "rework_ordered", "verified", "closed"]


async def test_who_needs_no_photo_or_handled_it_on_the_spot_waits_for_nothing(closings: Closings, enter: Enter) -> None:
    await closings.rules({"gates": []})
    plain, spot = resolved(), resolved(self_handled=True)
    await enter(plain, spot)
    assert [await closings.types(each) for each in (plain, spot)] == [CLOSED[1:]] * 2


async def test_with_the_gate_nobody_is_asked(closings: Closings, enter: Enter) -> None:
    history = resolved(uuid4())
    await enter(history)
    assert await closings.types(history) == []


async def test_rebuilt_from_the_topic_it_is_the_same(without_gates: Closings, enter: Enter) -> None:
    await forget(without_gates.engine, "outbox")
    closed, waiting = resolved(uuid4()), resolved(photo := uuid4())
    await enter(closed, waiting)
    closed.photos_checked(cause=asked_by(closed))
    waiting.photos_checked(photo, cause=asked_by(waiting))
    await enter(closed, waiting)
    before, own = await state(without_gates.engine), await own_events(without_gates.engine)
    for in_one_slice in (True, False):
        await forget(without_gates.engine, "outbox")
        for history in (closed, waiting):
            rebuilt = History()
            mine = [event for event in own if event.subject == history.id]
            rebuilt.events = [*history.events[:-1], mine[0], history.events[-1], *mine[1:]]
            if in_one_slice:
                await enter(rebuilt)
            else:
                for event in list(rebuilt.events):
                    rebuilt.events = [event]
                    await enter(rebuilt)
        assert await state(without_gates.engine) == before
