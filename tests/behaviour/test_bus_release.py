"""What operators do with parked messages: release in order, discard with a reason."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from behaviour.broker import commit, produce, record
from behaviour.conditions import all_applied, consumed, counted, parked_count
from behaviour.running import running, until
from behaviour.stories import event, ids, story
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event, MalformedEvent
from eventbus.errors import OutOfOrder, Permanent


async def test_a_release_applies_the_whole_key_in_order_and_lets_later_events_through(service: TinyService) -> None:
    events = story(6)
    other = story(2)
    await _park(service, [*events[:5], *other], refused=[events[1], other[1]])
    first, *_ = await service.parked()
    assert await service.parked_messages().release(first.id, by="admin-demo") == 4
    await produce(service.kafka, [record(service.topic, events[5])], partition=0)
    async with running(service.consumer()):
        await until(lambda: all_applied(service, [*events, other[0]]))
    assert await _applied_of(service, events) == ids(events)
    assert [row.settled_by for row in await service.parked("released")] == ["admin-demo"] * 4
    assert [row.offset for row in await service.parked()] == [6]


async def test_a_release_may_name_any_message_of_the_key(service: TinyService) -> None:
    events = story(4)
    await _park(service, events, refused=[events[0]])
    last = (await service.parked())[-1]
    assert await service.parked_messages().release(last.id, by="admin-demo") == 4
    assert await _applied_of(service, events) == ids(events)


async def test_a_release_that_fails_again_raises_and_keeps_the_rest_parked_in_order(service: TinyService) -> None:
    events = story(5)
    await _park(service, events, refused=[events[1]])
    first, *_ = await service.parked()
    with pytest.raises(Permanent, match="not like this"):
        await service.parked_messages(_refusing(events[3])).release(first.id, by="admin-demo")
    assert await _applied_of(service, events) == ids(events[:3])
    parked = await service.parked()
    assert [(row.offset, row.attempts, row.error_class) for row in parked] == [
        (3, 2, "Permanent"),
        (4, 1, "BehindParked"),
    ]
    assert await service.parked_messages().release(parked[1].id, by="admin-demo") == 2
    assert await _applied_of(service, events) == ids(events)


async def test_a_release_of_what_cannot_be_read_raises_and_leaves_it_parked(service: TinyService) -> None:
    await produce(service.kafka, [record(service.topic, event(), value=b"{")], partition=0)
    async with running(service.consumer()):
        await until(lambda: parked_count(service, 1))
    [row] = await service.parked()
    with pytest.raises(MalformedEvent, match="Invalid JSON"):
        await service.parked_messages().release(row.id, by="admin-demo")
    assert len(await service.parked()) == 1


async def test_events_that_arrive_during_a_release_do_not_overtake_it(service: TinyService) -> None:
    events = story(60)
    await _park(service, events[:20], refused=[events[0]])
    first, *_ = await service.parked()
    async with running(service.consumer(Applying(delay=0.01), slice_size=3)):
        late = asyncio.create_task(_produce_slowly(service, events[20:]))
        released = await service.parked_messages(Applying(delay=0.02)).release(first.id, by="admin-demo")
        await late
        await until(lambda: all_applied(service, events))
    assert released >= 20
    assert await _applied_of(service, events) == ids(events)


async def test_an_event_that_arrives_while_the_last_parked_one_is_released_waits_and_is_applied_behind_it(
    service: TinyService,
) -> None:
    parked, late = story(2)
    await _park(service, [parked], refused=[parked])
    [row] = await service.parked()
    slow, reader = Applying(delay=1.0), Applying()
    releasing = asyncio.create_task(service.parked_messages(slow).release(row.id, by="admin-demo"))
    await until(lambda: _has_begun(slow))
    async with running(service.consumer(reader)):
        await produce(service.kafka, [record(service.topic, late)], partition=0)
        await until(lambda: all_applied(service, [parked, late]))
    assert await releasing == 1
    assert await _applied_of(service, [parked, late]) == ids([parked, late])
    assert await service.parked() == []


@pytest.mark.parametrize("fault", ["refused by the handler", "unreadable"])
async def test_a_discarded_message_lets_the_rest_be_released_and_no_replay_brings_it_back(
    service: TinyService, fault: str
) -> None:
    events = story(5)
    broken = record(service.topic, events[0], **({"value": b"{}"} if fault == "unreadable" else {}))
    await produce(service.kafka, [broken, *(record(service.topic, each) for each in events[1:3])], partition=0)
    async with running(service.consumer(_refusing(events[0]))):
        await until(lambda: parked_count(service, 3))
    culprit, second, _ = await service.parked()
    parked = service.parked_messages()
    await parked.discard(culprit.id, by="admin-demo", reason="sent by mistake")
    assert await parked.release(second.id, by="admin-demo") == 2
    await produce(service.kafka, [record(service.topic, each) for each in events[3:]], partition=0)
    async with running(service.consumer()):
        await until(lambda: all_applied(service, events[1:]))
    await commit(service.kafka, service.topic, service.group, {0: 0})
    known = consumed(service, "duplicate")
    async with running(service.consumer()):
        await until(lambda: counted(service, "duplicate", known + 5))
    assert await _applied_of(service, events) == ids(events[1:])
    assert await service.parked() == []
    [row] = await service.parked("discarded")
    assert (row.settled_by, row.reason) == ("admin-demo", "sent by mistake")


async def test_settled_and_unknown_messages_can_be_neither_released_nor_discarded(service: TinyService) -> None:
    events = story(1)
    await _park(service, events, refused=events)
    [row] = await service.parked()
    parked = service.parked_messages()
    await parked.discard(row.id, by="admin-demo", reason="sent by mistake")
    for message_id in (row.id, row.id + 1):
        with pytest.raises(LookupError, match="no parked message"):
            await parked.release(message_id, by="admin-demo")
        with pytest.raises(LookupError, match="no parked message"):
            await parked.discard(message_id, by="admin-demo", reason="again")
    assert [entry["state"] for entry in await parked.list(state=None)] == ["discarded"]
    assert await parked.list() == []


async def _park(service: TinyService, events: list[Event], *, refused: list[Event]) -> None:
    """Consume `events` with a handler that refuses some of them, so that these and what follows them are parked."""
    await produce(service.kafka, [record(service.topic, each) for each in events], partition=0)
    done = {each.subject: each.sequence for each in refused}
    waiting = [each for each in events if each.sequence >= done.get(each.subject, each.sequence + 1)]
    async with running(service.consumer(_refusing(*refused))):
        await until(lambda: parked_count(service, len(waiting)))
        await until(lambda: all_applied(service, events[len(waiting) :]))


async def _has_begun(handler: Applying) -> bool:
    return bool(handler.slices)


async def _produce_slowly(service: TinyService, events: list[Event]) -> None:
    for each in events:
        await produce(service.kafka, [record(service.topic, each)], partition=0)


def _refusing(*events: Event) -> Applying:
    refused = set(ids(events))
    return Applying(objects=lambda each: Permanent("not like this") if each.id in refused else None)


async def _applied_of(service: TinyService, events: list[Event]) -> list[object]:
    wanted = set(ids(events))
    return [effect.event_id for effect in await service.applied() if effect.event_id in wanted]


async def test_a_predecessor_that_a_replay_brought_goes_first(service: TinyService) -> None:
    events = story(5)
    in_order = _InOrder()
    lost, others = events[1], [events[0], *events[2:]]
    await produce(service.kafka, [record(service.topic, each) for each in others], partition=0)
    async with running(service.consumer(in_order)):
        await until(lambda: parked_count(service, 3))
        await produce(service.kafka, [record(service.topic, each) for each in events], partition=0)  # the replay
        await until(lambda: parked_count(service, 7))
    first, *_ = await service.parked()
    assert await service.parked_messages(in_order).release(first.id, by="admin-demo") == 7
    assert await service.parked() == []
    assert await _applied_of(service, [lost, *others]) == ids(events)


async def test_without_the_predecessor_a_release_fails_at_the_oldest(service: TinyService) -> None:
    events = story(4)
    in_order = _InOrder()
    await produce(service.kafka, [record(service.topic, each) for each in events[1:]], partition=0)
    async with running(service.consumer(in_order)):
        await until(lambda: parked_count(service, 3))
    first, *_ = await service.parked()
    with pytest.raises(OutOfOrder):
        await service.parked_messages(in_order).release(first.id, by="admin-demo")
    assert [row.attempts for row in await service.parked()] == [2, 1, 1]


class _InOrder(Applying):
    """A handler that refuses an event whose predecessor has not been applied."""

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
        for each in events:
            last = await connection.scalar(
                text("SELECT coalesce(max(sequence), 0) FROM applied WHERE subject = :subject"),
                {"subject": each.subject},
            )
            if each.sequence != last + 1:
                raise OutOfOrder(f"{last + 1} is missing")
            await super().__call__(connection, [each])
        return []
