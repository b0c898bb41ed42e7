"""An event that comes more than once takes effect once."""

import asyncio
import os
from signal import SIGCONT, SIGSTOP

from behaviour.broker import commit, produce, record
from behaviour.conditions import all_applied, all_published, consumed, counted
from behaviour.processes import worker
from behaviour.running import running, until
from behaviour.stories import event, ids, once_each, out_of_order, stories
from behaviour.tiny_service import Applying, TinyService
from eventbus.parking import Message


async def test_a_duplicate_inside_one_slice_is_applied_once_in_its_first_place(service: TinyService) -> None:
    first, second, third = event(), event(), event()
    records = [record(service.topic, each) for each in (first, second, first, third, second, first)]
    await produce(service.kafka, records, partition=0)
    handler = Applying()
    async with running(service.consumer(handler)):
        await until(lambda: counted(service, "duplicate", 3))
    assert [ids(events) for events in handler.slices] == [ids([first, second, third])]
    assert [effect.event_id for effect in await service.applied()] == ids([first, second, third])


async def test_two_consumers_that_apply_the_same_events_at_once_apply_them_once_between_them(
    service: TinyService,
) -> None:
    events = stories(complaints=5, length=10)
    records = [record(service.topic, each) for each in events]
    messages = [
        Message(each.topic, 0, offset, each.key, each.headers, each.value) for offset, each in enumerate(records)
    ]
    slow = service.subscription(Applying(delay=0.3))
    outcomes = await asyncio.gather(*(slow.apply(service.engine, messages) for _ in range(2)))
    assert sorted((outcome.applied, outcome.duplicate) for outcome in outcomes) == [(0, 50), (50, 0)]
    assert [effect.event_id for effect in await service.applied()] == ids(events)


async def test_a_consumer_that_froze_in_a_slice_and_wakes_after_another_took_over_doubles_nothing(
    service: TinyService,
) -> None:
    events = stories(complaints=4, length=5)
    await service.append(events)
    async with running(service.relay()):
        await until(lambda: all_published(service))
    async with worker(service, "consumer", delay=2.0) as zombie:
        await until(lambda: _is_in_a_slice(service))
        os.kill(zombie.pid, SIGSTOP)
        heir = Applying("heir")
        async with running(service.consumer(heir)):
            await until(lambda: _waits_for_the_zombie(service))
            os.kill(zombie.pid, SIGCONT)
            await until(lambda: all_applied(service, events))
            await until(lambda: counted(service, "duplicate", len(events)))
    assert heir.slices == []
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)


async def test_a_replay_of_the_whole_topic_changes_nothing(service: TinyService) -> None:
    events = stories(complaints=10, length=5)
    await service.append(events)
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_applied(service, events))
    before = await service.applied()
    await commit(service.kafka, service.topic, service.group, dict.fromkeys(range(4), 0))
    known = consumed(service, "duplicate")
    async with running(service.consumer()):
        await until(lambda: counted(service, "duplicate", known + len(events)))
    assert await service.applied() == before


async def _is_in_a_slice(service: TinyService) -> bool:
    """The worker has claimed events and written what they do, and has not committed."""
    return await _backends(
        service, f"{service.topic} worker", "state = 'idle in transaction' AND query ~ 'INTO applied'"
    )


async def _waits_for_the_zombie(service: TinyService) -> bool:
    return await _backends(service, service.topic, "wait_event_type = 'Lock'")


async def _backends(service: TinyService, name: str, condition: str) -> bool:
    query = f"SELECT 1 FROM pg_stat_activity WHERE application_name = :name AND {condition}"
    return bool(await service.rows(query, name=name))
