"""SIGTERM under load: processes end quickly and cleanly, nothing is lost, repeats are absorbed."""

import time
from functools import partial
from signal import SIGKILL, SIGTERM

import pytest

from behaviour.broker import committed, event_ids
from behaviour.conditions import all_applied, all_published, applied_count, holds_all_shards
from behaviour.load import steady_load
from behaviour.processes import ended, worker
from behaviour.running import running, until
from behaviour.stories import ids, once_each, out_of_order, stories
from behaviour.tiny_service import TinyService
from contracts.envelope import Event
from eventbus.brokers import Brokers

CLEAN_SECONDS = 4.0


async def test_processes_stopped_by_sigterm_under_load_end_cleanly_and_lose_nothing(service: TinyService) -> None:
    async with (
        steady_load(service) as load,
        worker(service, "relay", batch_size=20) as relay,
        worker(service, "consumer", instance="a", slice_size=20, delay=0.02) as consumer,
    ):
        await until(lambda: applied_count(service, 200))
        asked_at = time.monotonic()
        relay.send_signal(SIGTERM)
        consumer.send_signal(SIGTERM)
        assert [await ended(relay), await ended(consumer)] == [0, 0]
        assert time.monotonic() - asked_at < CLEAN_SECONDS
        offsets = await committed(service.kafka, service.group)
        assert sum(offsets.values()) == len(await service.applied())
    await _finish_and_check(service, load)


async def test_a_member_with_a_lasting_name_leaves_its_group_when_it_stops(service: TinyService) -> None:
    """Its partitions go to the others at once; a death keeps them for the one who comes back under the name."""
    brokers = Brokers(service.kafka)
    async with running(service.relay(), service.consumer(instance="b")):
        async with running(service.consumer(instance="a")):
            await service.append(stories(complaints=1, length=1))
            await until(lambda: applied_count(service, 1))
            assert (await brokers.group(service.group, service.topic)).members == 2
        assert (await brokers.group(service.group, service.topic)).members == 1


async def test_a_relay_that_is_asked_to_stop_publishes_what_waits(service: TinyService) -> None:
    events = stories(complaints=30, length=10)
    async with running(service.relay(poll_seconds=60)):
        await until(lambda: holds_all_shards(service))
        await service.append(events)
    assert await all_published(service)
    assert len(await event_ids(service.kafka, service.topic)) == len(events)


@pytest.mark.parametrize("role", ["relay", "consumer"])
async def test_processes_killed_again_and_again_under_load_lose_and_double_nothing(
    service: TinyService, role: str
) -> None:
    options = {"instance": "a"} if role == "consumer" else {}
    other = service.consumer(instance="a") if role == "relay" else service.relay()
    async with running(other), steady_load(service) as load:
        for count in (200, 500):
            async with worker(service, role, **options) as process:
                await until(partial(applied_count, service, count))
                process.send_signal(SIGKILL)
                await ended(process)
    await _finish_and_check(service, load)


async def _finish_and_check(service: TinyService, events: list[Event]) -> None:
    async with running(service.relay(), service.consumer(instance="a")):
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert {str(each) for each in ids(events)} == set(await event_ids(service.kafka, service.topic))
