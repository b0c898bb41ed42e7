"""Offsets are explicit: last applied + 1 for each partition, and only what is applied or parked."""

import asyncio

import pytest
from sqlalchemy.exc import ProgrammingError

from behaviour.broker import committed, produce, record
from behaviour.conditions import all_applied, is_holding, lag
from behaviour.running import running, until
from behaviour.stories import event, ids, once_each
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event
from contracts.events import ComplaintClosed
from contracts.lifecycle import EventType
from eventbus.errors import Permanent, Transient
from eventbus.lanes import WORTH


async def test_offsets_are_last_applied_plus_one_for_each_partition(service: TinyService) -> None:
    counts = {0: 5, 1: 3, 3: 7}
    events = await _events_in(service, counts)
    async with running(service.consumer()):
        await until(lambda: all_applied(service, events))
    assert await committed(service.kafka, service.group) == counts


async def test_only_what_was_applied_is_committed_while_a_partition_waits(service: TinyService) -> None:
    events = await _events_in(service, {2: 10})
    away = True
    handler = Applying(objects=lambda each: Transient("away") if away and each.id == events[6].id else None)
    async with running(service.consumer(handler, slice_size=3, commit_every_seconds=0)):
        await until(lambda: _is(service, held=True))
        await until(lambda: _committed(service, {2: 6}))
        assert [effect.event_id for effect in await service.applied()] == ids(events[:6])
        assert lag(service) == 4
        away = False
        await until(lambda: all_applied(service, events))
        await until(lambda: _is(service, held=False))
    assert once_each(await service.applied(), events)
    assert await service.parked() == []
    assert lag(service) == 0
    assert await committed(service.kafka, service.group) == {2: 10}


async def test_a_partition_that_waits_keeps_no_other_from_being_done(service: TinyService) -> None:
    events = await _events_in(service, {0: 2 * WORTH, 1: 2 * WORTH})
    first, second = events[: 2 * WORTH], events[2 * WORTH :]
    away = True
    handler = Applying(objects=lambda each: Transient("away") if away and each.id == second[3].id else None)
    async with running(service.consumer(handler, slice_size=4 * WORTH, commit_every_seconds=0)):
        await until(lambda: _committed(service, {0: 2 * WORTH, 1: 0}))
        assert not {effect.event_id for effect in await service.applied()} & set(ids(second))
        away = False
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    for story in (first, second):
        assert [each.event_id for each in effects if each.event_id in set(ids(story))] == ids(story)
    assert await committed(service.kafka, service.group) == {0: 2 * WORTH, 1: 2 * WORTH}


async def test_events_of_no_interest_are_passed_by_without_being_read(service: TinyService) -> None:
    closed = event(data=ComplaintClosed(gates=()), event_type=EventType.CLOSED)
    records = [record(service.topic, closed, value=b"not even JSON") for _ in range(5)]
    await produce(service.kafka, records, partition=1)
    async with running(service.consumer(commit_every_seconds=0)):
        await until(lambda: _committed(service, {1: 5}))
    assert await service.parked() == []


async def test_an_unexpected_error_surfaces_and_leaves_the_slice_to_be_done_again(service: TinyService) -> None:
    events = await _events_in(service, {0: 4})
    refused = Applying(objects=lambda each: Permanent("no") if each.id == events[2].id else None)
    await service.execute("ALTER TABLE parked_message RENAME TO mislaid")
    with pytest.RaisesGroup(ProgrammingError):
        async with running(service.consumer(refused)):
            await asyncio.sleep(20)
    assert await service.applied() == []
    assert await committed(service.kafka, service.group) == {}
    await service.execute("ALTER TABLE mislaid RENAME TO parked_message")
    async with running(service.consumer()):
        await until(lambda: all_applied(service, events))
    assert [effect.event_id for effect in await service.applied()] == ids(events)


async def _events_in(service: TinyService, counts: dict[int, int]) -> list[Event]:
    events: list[Event] = []
    for partition, count in counts.items():
        some = [event() for _ in range(count)]
        await produce(service.kafka, [record(service.topic, each) for each in some], partition=partition)
        events += some
    return events


async def _committed(service: TinyService, offsets: dict[int, int]) -> bool:
    return await committed(service.kafka, service.group) == offsets


async def _is(service: TinyService, *, held: bool) -> bool:
    return is_holding(service) == held
