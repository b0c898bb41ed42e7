"""What is parked while a restored ledger reads again, what is erased meanwhile, and what is held around the end."""

from uuid import uuid4

import sqlalchemy as sa

from contracts.closing_events import EndingRequested
from contracts.events import ComplaintExcluded, ComplaintVerified, FollowedUp, PhotosAsked
from contracts.lifecycle import EventType
from eventbus.brokers import Brokers, Offsets
from eventbus.errors import OutOfOrder
from eventbus.kafka import KafkaConnection
from eventbus.parking import Misfit, park
from eventbus.release import ParkedMessages
from eventbus.slices import Subscription
from histories import History, messages
from jieban.embedded.kafka import Kafka
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


async def test_what_is_parked_in_the_last_moment_is_waited_for_as_well(
    reading: Closings, kafka: Kafka, reader: Subscription
) -> None:
    class Slow(Brokers):
        """By the time it answers, the last slice has parked something and committed its offsets."""

        async def committed(self, group: str) -> Offsets:
            async with reading.engine.begin() as connection:
                await park(connection, group, [Misfit(messages(resolved().events)[0], OutOfOrder("early"))])
            return await super().committed(group)

    async with reading.engine.begin() as connection:
        await rereading.begin(connection, {(reader.topic, 0): 0})
    rounds = Rereading(reading.engine, Slow(KafkaConnection(kafka.bootstrap_servers)), [reader])
    assert not await rounds.work()
    async with reading.engine.connect() as connection:
        assert await rereading.is_on(connection)


async def test_one_of_which_nothing_can_follow_stops_no_other(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    broken, sound = resolved(), resolved()
    data = ComplaintExcluded(actor="supervisor-1", indicators="all", excluded=True, reason="停电")
    broken.event(EventType.EXCLUDED, data)
    await enter(broken, sound)
    async with reading.engine.begin() as connection:  # its next number is taken
        statement = sa.text("UPDATE ledger_complaint SET seq_ledger = 0 WHERE complaint_id = :id")
        await connection.execute(statement, {"id": broken.id})
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, broken.id) == ["excluded"]
    assert await own_types(reading.engine, sound.id) == ["verified", "closed"]


async def test_what_was_said_after_an_erasure_of_long_ago_stays(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    history = History()
    for step in (history.received, history.assigned, history.erased):
        step()
    await enter(history)
    history.accepted()
    history.started()
    history.event(EventType.ENDING_REQUESTED, EndingRequested(actor="operator-1", ending="voided", reason="误报"))
    history.resolved()
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    async with reading.engine.connect() as connection:
        statement = sa.text("SELECT reason FROM ending_request WHERE complaint_id = :id")
        assert await connection.scalar(statement, {"id": history.id}) == "误报"


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
        assert await rereading.end(connection, await rereading.ends(connection))
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
