"""Processes that are killed at the worst moments lose nothing and double nothing."""

from signal import SIGKILL

from behaviour.broker import committed, event_ids
from behaviour.conditions import all_applied, all_published, counted
from behaviour.processes import ended, worker
from behaviour.running import running, until
from behaviour.stories import ids, once_each, out_of_order, stories
from behaviour.tiny_service import TinyService
from behaviour.worker import BEFORE_DB_COMMIT, BEFORE_MARK, BEFORE_OFFSET_COMMIT


async def test_a_consumer_killed_before_its_database_commit_leaves_no_trace_and_its_slice_is_redone(
    service: TinyService,
) -> None:
    events = stories(complaints=10, length=10)
    await service.append(events)
    async with running(service.relay()):
        await until(lambda: all_published(service))
    async with worker(service, "consumer", dies=BEFORE_DB_COMMIT, instance="a") as process:
        assert await ended(process) == -SIGKILL
    assert await service.applied() == []
    assert await committed(service.kafka, service.group) == {}
    async with running(service.consumer(instance="a")):
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)


async def test_a_consumer_killed_between_database_and_offset_commit_gets_its_slice_again_and_skips_it(
    service: TinyService,
) -> None:
    events = stories(complaints=10, length=10)
    await service.append(events)
    async with running(service.relay()):
        await until(lambda: all_published(service))
    async with worker(service, "consumer", dies=BEFORE_OFFSET_COMMIT, instance="a", commit_every_seconds=0) as process:
        assert await ended(process) == -SIGKILL
    survived = len(await service.applied())
    assert survived > 0
    assert await committed(service.kafka, service.group) == {}
    async with running(service.consumer(instance="a")):
        await until(lambda: all_applied(service, events))
        await until(lambda: counted(service, "duplicate", survived))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)


async def test_a_relay_killed_between_send_and_mark_sends_again_and_nothing_is_applied_twice(
    service: TinyService,
) -> None:
    events = stories(complaints=10, length=10)
    await service.append(events)
    async with worker(service, "relay", dies=BEFORE_MARK) as process:
        assert await ended(process) == -SIGKILL
    assert await service.unpublished() == len(events)
    assert len(await event_ids(service.kafka, service.topic)) == len(events)
    async with running(service.relay(), service.consumer()):
        await until(lambda: all_published(service))
        await until(lambda: all_applied(service, events))
        await until(lambda: counted(service, "duplicate", len(events)))
    effects = await service.applied()
    assert sorted(await event_ids(service.kafka, service.topic)) == sorted(2 * [str(each) for each in ids(events)])
    assert once_each(effects, events)
    assert not out_of_order(effects)
