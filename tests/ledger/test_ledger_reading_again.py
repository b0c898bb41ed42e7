"""While a restored ledger reads its topic again nothing follows by rule and nobody acts; afterwards what waits does."""

from typing import cast
from uuid import uuid4

import httpx

from behaviour.broker import commit, produce, record
from contracts.events import (
    ComplaintReceived,
    ComplaintVerified,
    FollowedUp,
    PhotosAsked,
    query_code_digest,
)
from contracts.ids import derived_id
from contracts.lifecycle import EventType
from contracts.roles import Role
from eventbus.brokers import Brokers
from eventbus.kafka import KafkaConnection
from eventbus.slices import Subscription
from histories import History
from jieban.embedded.kafka import Kafka
from ledger.closings import ASK_FIRST, CODE, Closings
from ledger.conftest import As, Enter
from ledger.rereadings import end_reading, own_types
from ledger.test_ledger_photos_by_rule import resolved
from ledger_service.persistence import rereading
from ledger_service.service.rereading import Rereading, begin
from outboxes import published


async def test_what_waits_at_the_end_goes_by_the_rules_once(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    history = resolved()
    cause = history.events[-1]
    await enter(history)
    assert await own_types(reading.engine, history.id) == []
    await end_reading(reading.engine, brokers, reader)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["verified", "closed"]
    verified, closed = await published(reading.engine, history.id)
    assert (verified["id"], closed["id"]) == tuple(
        derived_id(cause.id, each) for each in (EventType.VERIFIED, EventType.CLOSED)
    )
    assert verified["correlationid"] == cause.correlation_id
    assert (verified["causationid"], verified["time"]) == (cause.id, cause.time)


async def test_an_inspector_who_was_faster_than_the_word_on_the_photos_stays_so(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    photo = uuid4()
    history = resolved(photo)
    asked = history.event(EventType.PHOTOS_ASKED, PhotosAsked(photos=(photo,)))
    history.photos_checked(cause=asked.id)
    history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="on_site"))
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["photos_asked", "verified"]


async def test_the_word_on_photos_that_comes_last_on_the_topic_verifies_afterwards(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    photo = uuid4()
    history = resolved(photo)
    history.photos_checked(cause=history.event(EventType.PHOTOS_ASKED, PhotosAsked(photos=(photo,))).id)
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["photos_asked", "verified", "closed"]


async def test_of_another_round_nothing_follows_any_more(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    history = resolved()
    history.rework_ordered()
    for step in (history.assigned, history.accepted):
        step()
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["rework_ordered"]


async def test_who_waits_for_a_call_that_the_rules_of_the_backup_do_not_want_is_called(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    history = resolved()
    verified = history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="on_site"))
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    [task] = await reading.tasks(history)
    assert (task["kind"], task["state"]) == ("gate", "open")
    assert task["created_at"] == verified.time.isoformat().replace("+00:00", "Z")
    assert (await reading.call(history, task, outcome="reached", satisfaction="satisfied", solved=True)).is_success
    assert await own_types(reading.engine, history.id) == ["verified", "followed_up", "closed"]


async def test_a_call_before_the_category_changed_is_no_less_made(
    reading: Closings, enter: Enter, brokers: Brokers, reader: Subscription
) -> None:
    await reading.rules({"category": "street_order", **ASK_FIRST}, {"gates": []})
    history = resolved()
    history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="on_site"))
    await enter(history)
    [task] = await reading.tasks(history)
    history.reclassified("noise_and_fumes.noise", "street_order.parking")
    await enter(history)
    call = FollowedUp(actor="operator-1", task=task["id"], attempt=1, outcome="reached", solved=True, done=True)
    history.event(EventType.FOLLOWED_UP, call)
    await enter(history)
    await end_reading(reading.engine, brokers, reader)
    assert await own_types(reading.engine, history.id) == ["verified", "followed_up", "closed"]
    assert [each["state"] for each in await reading.tasks(history)] == ["done"]


async def test_nobody_acts_meanwhile_on_what_is_known_or_is_not_yet(
    reading: Closings, enter: Enter, client: httpx.AsyncClient, as_: As
) -> None:
    history = History()
    number = cast(
        ComplaintReceived, history.received(query_code_digest=query_code_digest(history.id, CODE)).data
    ).number
    await enter(history)
    word = {"number": number, "query_code": "FFFFFFFFFFFF", "satisfaction": "satisfied", "solved": True}
    inspector, operator = as_(Role.INSPECTOR), as_(Role.OPERATOR)
    answers = [
        await reading.post(history, "verification", {"method": "photo"}, inspector),
        await reading.post(history, "verification", {"method": "photo"}, inspector | {"If-Match": '"7"'}),
        await reading.post(History(), "verification", {"method": "photo"}, inspector),
        await client.post("/feedback", json=word),
        await client.post(f"/follow-ups/{uuid4()}/claim", headers=operator),
    ]
    assert {(each.status_code, each.json()["type"]) for each in answers} == {(503, "urn:jieban:problem:reading-again")}
    assert {each.headers["Retry-After"] for each in answers} == {"30"}


async def test_it_ends_when_the_group_has_come_to_where_the_topic_ended(
    closings: Closings, kafka: Kafka, brokers: Brokers, reader: Subscription
) -> None:
    connection = KafkaConnection(kafka.bootstrap_servers)
    await produce(connection, [record(reader.topic, event) for event in resolved().events])
    _, ends = await brokers.extent(reader.topic)
    [end] = ends.values()
    await begin(closings.engine, ends)
    await begin(closings.engine, dict.fromkeys(ends, end - 2))
    rounds = Rereading(closings.engine, brokers, [reader])

    async def still_reads() -> bool:
        await rounds.work()
        async with closings.engine.connect() as link:
            return await rereading.is_on(link)

    assert await still_reads()
    await commit(connection, reader.topic, reader.consumer, {0: end - 1})
    assert await still_reads()
    await commit(connection, reader.topic, reader.consumer, {0: end})
    assert not await still_reads()
