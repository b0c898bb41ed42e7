"""A service that publishes to and consumes a second topic, beside the life of complaints."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from behaviour.broker import contents, create_topic, group_state, produce, record
from behaviour.conditions import all_applied, all_published, counted, parked_count
from behaviour.running import running, until
from behaviour.stories import event, ids, once_each
from behaviour.tiny_service import Applying, TinyService
from contracts.directory import (
    Area,
    CategoryChanged,
    CommunityChanged,
    DirectoryEntry,
    DirectoryEvent,
    GridChanged,
    OfficerChanged,
    subject_of,
)
from contracts.envelope import Event
from contracts.topics import DIRECTORY
from dispatch_service.events import categories as dispatch
from eventbus import membership, outbox
from eventbus.books import InboxBook, JoinedBook, Window
from eventbus.brokers import Brokers
from eventbus.consumer import Consumer
from eventbus.errors import Permanent
from eventbus.parking import unpack_headers
from eventbus.release import ParkedMessages
from eventbus.slices import Handler, Subscription
from intake_service.events import directory as intake
from ledger_service.events import directory as ledger
from runtime.ids import uuid7
from runtime.outages import is_outage

PAYLOADS: dict[DirectoryEvent, DirectoryEntry] = {
    DirectoryEvent.CATEGORY_CHANGED: CategoryChanged(code="thing", version=2, zh="物", en="Thing"),
    DirectoryEvent.COMMUNITY_CHANGED: CommunityChanged(code="thing", name="物", sub_district="街"),
    DirectoryEvent.GRID_CHANGED: GridChanged(
        code="thing", version=1, name="物", community="c", team="t", area=Area(coordinates=())
    ),
}


@dataclass(frozen=True)
class Second:
    """The service's second topic: a compacted one for the directory."""

    service: TinyService
    topic: str

    def subscription(self, handler: Handler | None = None) -> Subscription:
        consumer = f"{self.topic}-reader"
        return Subscription(consumer, self.topic, frozenset(DirectoryEvent), handler or Applying())

    def consumer(self, handler: Handler | None = None) -> Consumer:
        service = self.service
        return Consumer(
            subscription=self.subscription(handler), engine=service.engine, kafka=service.kafka, is_outage=is_outage
        )


@pytest_asyncio.fixture(loop_scope="session")
async def second(service: TinyService) -> AsyncIterator[Second]:
    topic = f"{service.topic}.directory"
    await create_topic(service.kafka, topic, configs=DIRECTORY.settings)
    yield Second(service, topic)


def changed(code: str, sequence: int = 1, *skills: str, subject: UUID | None = None) -> Event[DirectoryEvent]:
    """An officer as they are now."""
    return Event(
        id=uuid7(),
        type=DirectoryEvent.OFFICER_CHANGED,
        source="dispatch",
        subject=subject or subject_of("522723", "officer", code),
        tenant="522723",
        time=datetime.now(UTC),
        sequence=sequence,
        correlation_id=uuid7(),
        causation_id=None,
        traceparent=None,
        data=OfficerChanged(code=code, skills=skills),
    )


async def test_it_is_published_with_the_transaction_or_not_at_all(service: TinyService, second: Second) -> None:
    lost, told, complaint = changed("officer-1"), changed("officer-2"), event()
    with pytest.raises(RuntimeError):
        await _append_and_fail(service, second, lost)
    async with service.engine.begin() as connection:
        await outbox.append(connection, second.topic, [told])
        await outbox.append(connection, service.topic, [complaint])
    async with running(service.relay()):
        await until(lambda: all_published(service))
    assert await _told(service, second.topic) == [str(told.id)]
    assert await _told(service, service.topic) == [str(complaint.id)]
    [found] = await contents(service.kafka, second.topic)
    assert found.key == str(told.subject).encode()


async def test_a_consumer_makes_its_topic_before_it_joins(
    service: TinyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Second(service, f"{service.topic}.made")
    monkeypatch.setattr(membership, "TOPICS", [replace(DIRECTORY, name=made.topic)])

    async def is_read() -> bool:
        return await group_state(service.kafka, made.subscription().consumer) == "Stable"

    async with running(made.consumer()):
        await until(is_read)
    kept = await Brokers(service.kafka).topic(made.topic)
    assert kept.partitions == DIRECTORY.partitions
    assert {"cleanup.policy": kept.cleanup_policy, "retention.ms": str(kept.retention_ms)} == DIRECTORY.settings


async def test_each_topic_has_its_consumer_and_each_event_takes_effect_once(
    service: TinyService, second: Second
) -> None:
    complaints = [event() for _ in range(30)]
    things = [changed(f"officer-{number}", sequence) for sequence in (1, 2, 3) for number in range(10)]
    first, other = Applying("first"), Applying("second")
    async with running(service.relay(), service.consumer(first), second.consumer(other)):
        for start in range(0, 30, 10):
            async with service.engine.begin() as connection:
                await outbox.append(connection, service.topic, complaints[start : start + 10])
                await outbox.append(connection, second.topic, things[start : start + 10])
        await until(lambda: all_applied(service, [*complaints, *things]))
        await produce(service.kafka, [record(second.topic, each) for each in things])
        await until(lambda: counted(replace(service, topic=second.topic), "duplicate", 30))
    assert once_each(await service.applied(), [*complaints, *things])
    assert {each.subject for slice_ in other.slices for each in slice_} == {each.subject for each in things}
    assert await service.parked() == []


async def test_what_it_cannot_apply_is_parked_with_its_key_and_released_and_holds_up_no_other_topic(
    service: TinyService, second: Second
) -> None:
    refused, behind, free = changed("officer-1", 1), changed("officer-1", 2), changed("officer-2")
    same_key = event(refused.subject)
    objecting = Applying("second", objects=lambda each: Permanent("not this") if each.id == refused.id else None)
    async with running(service.relay(), service.consumer(), second.consumer(objecting)):
        await _append(service, second, [refused, behind, free], [same_key])
        await until(lambda: all_applied(service, [free, same_key]))
        await until(lambda: parked_count(service, 2))
    [first, waiting] = await service.parked()
    assert (first.topic, first.consumer, first.error_class) == (second.topic, f"{second.topic}-reader", "Permanent")
    assert waiting.error_class == "BehindParked"
    parked = ParkedMessages(service.engine, [service.subscription(), second.subscription()])
    assert await parked.release(first.id, by="admin-1") == 2
    assert [each.event_id for each in await service.applied()][-2:] == ids([refused, behind])


async def test_what_is_known_of_no_topic_is_parked_and_what_belongs_to_another_is_skipped(
    service: TinyService, second: Second
) -> None:
    astray, unknown, good = event(), changed("officer-1"), changed("officer-2")
    broken = record(second.topic, unknown)
    broken = broken._replace(headers=[("ce_type", b"strange.eaten"), *list(broken.headers)[1:]])
    async with running(second.consumer()):
        await produce(service.kafka, [record(second.topic, astray), broken, record(second.topic, good)], partition=0)
        await until(lambda: all_applied(service, [good]))
        await until(lambda: parked_count(service, 1))
    [parked] = await service.parked()
    assert parked.error == "ce_type: not known here"
    assert once_each(await service.applied(), [good])


@pytest.mark.parametrize("own", [intake.SUBSCRIPTION, dispatch.SUBSCRIPTION, ledger.SUBSCRIPTION])
async def test_kinds_of_the_directory_that_a_service_does_not_know_yet_are_none_of_its_business(
    service: TinyService, second: Second, own: Subscription
) -> None:
    kind = DirectoryEvent(min(own.types))
    known = changed("thing")._replace(type=kind, data=PAYLOADS[kind])
    records = [record(second.topic, each) for each in (changed("newer"), changed("strange"), known)]
    for place, name in enumerate((b"directory.bus_stop_changed", b"strange.bus_stop_changed")):
        records[place] = records[place]._replace(headers=[("ce_type", name), *list(records[place].headers)[1:]])
    subscription = replace(own, consumer=second.subscription().consumer, topic=second.topic, handler=Applying())
    async with running(
        Consumer(subscription=subscription, engine=service.engine, kafka=service.kafka, is_outage=is_outage)
    ):
        await produce(service.kafka, records, partition=0)
        await until(lambda: all_applied(service, [known]))
        await until(lambda: parked_count(service, 1))

    [parked] = await service.parked()
    assert dict(unpack_headers(parked.headers))["ce_type"] == b"strange.bus_stop_changed"


async def test_the_books_of_two_consumers_read_as_one(service: TinyService, second: Second) -> None:
    complaints, things = [event() for _ in range(5)], [changed(f"officer-{number}") for number in range(5)]
    async with running(service.relay(), service.consumer(), second.consumer()):
        await _append(service, second, things, complaints)
        await until(lambda: all_applied(service, [*complaints, *things]))
    book = JoinedBook([InboxBook(service.group), InboxBook(second.subscription().consumer)])
    now = datetime.now(UTC)
    window = Window(now - timedelta(hours=1), now + timedelta(seconds=1))
    expected = sorted(ids([*complaints, *things]))
    async with service.engine.connect() as connection:
        assert sum(bucket.events for bucket in await book.buckets(connection, window)) == 10
        assert await book.ids(connection, window, after=UUID(int=0), size=7) == expected[:7]
        assert await book.ids(connection, window, after=expected[6], size=7) == expected[7:]


async def _append(
    service: TinyService, second: Second, things: list[Event[DirectoryEvent]], complaints: list[Event]
) -> None:
    """Append both in one transaction."""
    async with service.engine.begin() as connection:
        await outbox.append(connection, second.topic, things)
        await outbox.append(connection, service.topic, complaints)


async def _append_and_fail(service: TinyService, second: Second, thing: Event[DirectoryEvent]) -> None:
    async with service.engine.begin() as connection:
        await outbox.append(connection, second.topic, [thing])
        raise RuntimeError("the transaction does not come to its end")


async def _told(service: TinyService, topic: str) -> list[Any]:
    return [dict(each.headers)["ce_id"].decode() for each in await contents(service.kafka, topic)]
