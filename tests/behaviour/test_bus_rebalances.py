"""Members come and go, and slices may take long: every event is handled once, and in order."""

import asyncio
import time
from functools import partial
from uuid import UUID

from behaviour.broker import group_state, produce, record
from behaviour.conditions import all_applied, consumed
from behaviour.running import running, until
from behaviour.stories import ids, once_each, out_of_order, stories
from behaviour.tiny_service import Applying, TinyService
from eventbus.stopping import FINISH_SECONDS


async def test_a_member_that_joins_during_a_slice_gets_its_part_and_nothing_is_handled_twice(
    service: TinyService,
) -> None:
    events = stories(complaints=40, length=10)
    await produce(service.kafka, [record(service.topic, each) for each in events])
    first, second = Applying("first", delay=0.25), Applying("second", delay=0.25)
    async with running(service.consumer(first, slice_size=20)):
        await until(lambda: _has_begun(first))
        async with running(service.consumer(second, slice_size=20)):
            await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert second.slices
    assert sorted(_handled(first) + _handled(second)) == sorted(ids(events))
    assert consumed(service, "duplicate") == 0


async def test_members_that_come_and_go_lose_and_double_nothing(service: TinyService) -> None:
    events = stories(complaints=40, length=9)
    async with running(service.relay(), service.consumer(slice_size=10)):
        for start in range(0, len(events), 120):
            async with running(service.consumer(slice_size=10)):
                await service.append(events[start : start + 120])
                await until(partial(all_applied, service, events[: start + 60]))
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)


async def test_handlers_slower_than_the_group_allows_do_not_make_two_members_hand_a_message_to_and_fro(
    service: TinyService,
) -> None:
    events = stories(complaints=2, length=2)
    await produce(service.kafka, [record(service.topic, each) for each in events], partition=0)
    members = [Applying("first", delay=1.5), Applying("second", delay=1.5)]
    options = {"slice_size": 1, "longest_slice_seconds": 0.5}
    async with running(*(service.consumer(member, **options) for member in members)):
        await until(lambda: all_applied(service, events), seconds=40)
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert len(_handled(members[0]) + _handled(members[1])) == len(events)


async def test_a_stop_while_a_rebalance_waits_for_a_slice_ends_soon_and_loses_nothing(service: TinyService) -> None:
    events = stories(complaints=4, length=2)
    await produce(service.kafka, [record(service.topic, each) for each in events])
    slow, stop = Applying(delay=6.0), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.consumer(slow).run(stop))
        await until(lambda: _has_begun(slow))
        group.create_task(service.consumer().run(stop))
        await until(lambda: _is_rebalancing(service))
        asked_at = time.monotonic()
        stop.set()
    assert time.monotonic() - asked_at < FINISH_SECONDS + 2
    assert await service.applied() == []
    async with running(service.consumer()):
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)


async def _is_rebalancing(service: TinyService) -> bool:
    return await group_state(service.kafka, service.group) == "PreparingRebalance"


def _handled(handler: Applying) -> list[UUID]:
    return [event.id for events in handler.slices for event in events]


async def _has_begun(handler: Applying) -> bool:
    return bool(handler.slices)
