"""Behind a parked message its key waits, in order; other keys go on."""

import pytest
from structlog.testing import capture_logs

from behaviour.broker import commit, committed, produce, record
from behaviour.conditions import all_applied, is_holding, parked_count
from behaviour.running import running, until
from behaviour.stories import event, ids, once_each, out_of_order, stories, story
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event
from eventbus import isolation
from eventbus.errors import Permanent


@pytest.mark.parametrize("slice_size", [1, 7, 500])
async def test_later_events_of_a_parked_key_are_parked_behind_it_and_other_keys_go_on(
    service: TinyService, slice_size: int
) -> None:
    refused, others = story(5), stories(complaints=4, length=5)
    events = [each for pair in zip(others[:5], refused, strict=True) for each in pair] + others[5:]
    await produce(service.kafka, [record(service.topic, each) for each in events], partition=0)
    async with running(service.consumer(_refusing(refused[1]), slice_size=slice_size)):
        await until(lambda: all_applied(service, [*others, refused[0]]))
        await until(lambda: parked_count(service, 4))
    effects = await service.applied()
    assert once_each(effects, [*others, refused[0]])
    assert not out_of_order(effects)
    parked = await service.parked()
    assert [row.error_class for row in parked] == ["Permanent", "BehindParked", "BehindParked", "BehindParked"]
    assert [row.offset for row in parked] == [3, 5, 7, 9]


async def test_events_that_come_after_a_restart_still_wait_behind_their_parked_key(service: TinyService) -> None:
    events = story(4)
    await produce(service.kafka, [record(service.topic, each) for each in events[:2]])
    async with running(service.consumer(_refusing(events[0]))):
        await until(lambda: parked_count(service, 2))
    await produce(service.kafka, [record(service.topic, each) for each in events[2:]])
    async with running(service.consumer()):
        await until(lambda: parked_count(service, 4))
    assert await service.applied() == []


async def test_a_slice_that_is_done_again_parks_nothing_twice_and_nothing_that_was_applied(
    service: TinyService,
) -> None:
    events = story(4)
    handler = _refusing(events[1])
    await produce(service.kafka, [record(service.topic, each) for each in events], partition=0)
    async with running(service.consumer(handler)):
        await until(lambda: parked_count(service, 3))
    await commit(service.kafka, service.topic, service.group, {0: 0})
    async with running(service.consumer(handler)):
        await until(lambda: _attempted_twice(service))
    assert [row.offset for row in await service.parked()] == [1, 2, 3]
    assert [effect.event_id for effect in await service.applied()] == ids(events[:1])


@pytest.mark.parametrize("fault", ["refused by the handler", "unreadable"])
async def test_a_release_that_has_gone_bad_holds_instead_of_draining_the_topic_into_the_parking_table(
    service: TinyService, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(isolation, "PARKS_PER_MINUTE", 10)
    events = [event() for _ in range(40)]
    unreadable = fault == "unreadable"
    records = [record(service.topic, each, **({"value": b"{}"} if unreadable else {})) for each in events]
    await produce(service.kafka, records, partition=0)
    async with running(service.consumer(_refusing(*events))):
        await until(lambda: _holds(service))
        await until(lambda: _has_committed(service, {0: 10}))
    assert await committed(service.kafka, service.group) == {0: 10}
    assert [row.offset for row in await service.parked()] == list(range(10))
    if not unreadable:
        async with running(service.consumer()):
            await until(lambda: all_applied(service, events[10:]))
        assert [effect.event_id for effect in await service.applied()] == ids(events[10:])


def _refusing(*events: Event) -> Applying:
    refused = set(ids(events))
    return Applying(objects=lambda each: Permanent("not like this") if each.id in refused else None)


async def _attempted_twice(service: TinyService) -> bool:
    return all(row.attempts == 2 for row in await service.parked())


async def _holds(service: TinyService) -> bool:
    return is_holding(service)


async def _has_committed(service: TinyService, offsets: dict[int, int]) -> bool:
    return await committed(service.kafka, service.group) == offsets


async def test_a_slice_of_parked_messages_is_one_line_in_the_log(service: TinyService) -> None:
    events = story(50)
    await produce(service.kafka, [record(service.topic, events[0], value=b"{")], partition=0)
    await produce(service.kafka, [record(service.topic, each) for each in events[1:]], partition=0)
    with capture_logs() as lines:
        async with running(service.consumer()):
            await until(lambda: parked_count(service, 50))
    said = [line for line in lines if line["event"] == "messages_parked"]
    assert sum(line["count"] for line in said) == 50
    assert len(said) <= 2
    assert (said[0]["first_offset"], said[0]["first_error_class"]) == (0, "MalformedEvent")
