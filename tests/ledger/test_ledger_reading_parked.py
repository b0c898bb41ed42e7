"""What is parked while a restored ledger reads again, what is erased meanwhile, and what is held around the end."""

from uuid import uuid4

import sqlalchemy as sa

from contracts.events import ComplaintVerified, FollowedUp, PhotosAsked
from contracts.lifecycle import EventType
from eventbus.brokers import Brokers
from eventbus.errors import OutOfOrder
from eventbus.parking import Misfit, park
from eventbus.release import ParkedMessages
from eventbus.slices import Subscription
from histories import messages
from ledger.closings import ASK_FIRST, Closings
from ledger.conftest import Enter
from ledger.rereadings import end_reading, own_types
from ledger.test_ledger_photos_by_rule import resolved
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence import rereading
from ledger_service.service.rereading import Rereading

INSPECTED = ComplaintVerified(actor="inspector-1", method="on_site")


async def test_own_events_that_are_parked_are_waited_for(
    reading: Closings, brokers: Brokers, reader: Subscription
) -> None:
    history = resolved()
    history.event(EventType.VERIFIED, INSPECTED)
    first, *others = messages(history.events)
    async with reading.engine.begin() as connection:
        await park(connection, reader.consumer, [Misfit(first, OutOfOrder("early"))])
    own = Subscription(reader.consumer, SUBSCRIPTION.topic, SUBSCRIPTION.types, SUBSCRIPTION.handler)
    assert len((await own.apply(reading.engine, others)).misfits) == len(others)
    rounds = Rereading(reading.engine, brokers, [reader])
    assert not await rounds.work()
    async with reading.engine.connect() as connection:
        assert await rereading.is_on(connection)
    parked = ParkedMessages(reading.engine, [own])
    [row, *_] = [each for each in await parked.list() if each["key"] == str(history.id)]
    assert await parked.release(row["id"], by="admin-1") == len(history.events)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["verified"]


async def test_an_erasure_waits_for_what_follows_from_what_it_erases(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    history = resolved()
    await enter(history)
    history.erased()
    await enter(history)
    texts = sa.text("SELECT count(*) FROM entry WHERE complaint_id = :id AND type = :type AND data IS NOT NULL")
    values = {"id": history.id, "type": EventType.RESOLVED}
    async with reading.engine.connect() as connection:
        assert await connection.scalar(texts, values) == 1
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["verified", "closed"]
    async with reading.engine.connect() as connection:
        assert await connection.scalar(texts, values) == 0


async def test_what_a_slice_has_held_behind_the_end_follows_with_its_task(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    await reading.rules({"category": "street_order", **ASK_FIRST}, {"gates": []})
    history = resolved()
    history.event(EventType.VERIFIED, INSPECTED)
    history.reclassified("noise_and_fumes.noise", "street_order.parking")
    await enter(history)
    async with reading.engine.begin() as connection:
        assert await rereading.end(connection)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["verified", "closed"]
    assert [each["state"] for each in await reading.tasks(history)] == ["dropped"]


async def test_where_calls_were_over_in_vain_a_supervisor_decides(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    await reading.rules(ASK_FIRST)
    history = resolved()
    history.event(EventType.VERIFIED, INSPECTED)
    await enter(history)
    [task] = await reading.tasks(history)
    call = FollowedUp(actor="operator-1", task=task["id"], attempt=1, outcome="no_answer", done=True)
    history.event(EventType.FOLLOWED_UP, call)
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    [task] = await reading.tasks(history)
    assert task["state"] == "supervisor"
    assert (await reading.decide(history, task, "close")).is_success
    assert await own_types(reading.engine, history.id) == ["verified", "followed_up", "closed"]


async def test_complaints_of_which_nothing_follows_are_left_as_they_are(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    photo = uuid4()
    history = resolved(photo)
    history.photos_checked(cause=history.event(EventType.PHOTOS_ASKED, PhotosAsked(photos=(photo,))).id)
    history.rework_ordered()
    await enter(history)
    changed = sa.text("SELECT updated_at FROM ledger_complaint WHERE complaint_id = :id")
    async with reading.engine.connect() as connection:
        before = await connection.scalar(changed, {"id": history.id})
    await end_reading(reading.engine, brokers, reader)
    async with reading.engine.connect() as connection:
        assert await connection.scalar(changed, {"id": history.id}) == before
