"""PostgreSQL or Kafka goes away and comes back: nothing is lost, nothing is parked, nobody is restarted."""

import asyncio
import time
from contextlib import ExitStack

import pytest
from prometheus_client import REGISTRY

from behaviour.broker import produce, record
from behaviour.conditions import all_applied, all_published, has_waited, is_holding
from behaviour.freezing import frozen
from behaviour.running import running, until
from behaviour.stories import event, once_each, out_of_order, stories, story
from behaviour.tiny_service import Applying, TinyService
from contracts.envelope import Event
from eventbus.kafka import REQUEST_TIMEOUT_MS
from eventbus.tables import SHARDS
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres


@pytest.mark.parametrize("way", ["stopped", "killed"])
async def test_while_the_database_is_away_the_consumer_holds_and_then_goes_on_by_itself(
    service: TinyService, pg: Postgres, way: str
) -> None:
    events = stories(complaints=30, length=10)
    await produce(service.kafka, [record(service.topic, each) for each in events])
    async with running(service.consumer(Applying(delay=0.05), slice_size=10)):
        await until(lambda: all_applied(service, events[:40]))
        await (pg.stop() if way == "stopped" else pg.kill())
        await until(lambda: _holds(service))
        await pg.start()
        await until(lambda: all_applied(service, events))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert await service.parked() == []


async def test_the_consumer_says_that_it_holds_until_what_failed_is_applied(service: TinyService) -> None:
    said: list[bool] = []

    def objects(_: Event) -> Exception | None:
        said.append(is_holding(service))
        return TimeoutError() if len(said) < 4 else None

    events = story(1)
    await produce(service.kafka, [record(service.topic, each) for each in events])
    async with running(service.consumer(Applying(objects=objects))):
        await until(lambda: _applied_and_said(service))
    assert said == [False, True, True, True]
    assert once_each(await service.applied(), events)


async def test_the_metrics_tell_at_once_that_a_relay_without_its_database_publishes_nothing(
    service: TinyService, pg: Postgres
) -> None:
    async with running(service.relay()):
        await until(lambda: _publishes(service, SHARDS))
        await pg.stop()
        await until(lambda: has_waited(service))
        assert await _publishes(service, 0)
        await pg.start()
        await until(lambda: _publishes(service, SHARDS))
    assert await _publishes(service, 0)


async def test_a_relay_and_a_consumer_that_start_without_a_database_work_once_it_is_there(
    service: TinyService, pg: Postgres
) -> None:
    events = stories(complaints=5, length=4)
    await service.append(events)
    await service.engine.dispose()
    await pg.stop()
    async with running(service.relay(), service.consumer()):
        await until(lambda: has_waited(service))
        await pg.start()
        await until(lambda: all_applied(service, events))
    assert once_each(await service.applied(), events)


async def test_a_relay_and_a_consumer_that_start_without_kafka_work_once_it_is_there(
    service: TinyService, kafka: Kafka
) -> None:
    events = stories(complaints=5, length=4)
    await service.append(events)
    await kafka.stop()
    async with running(service.relay(), service.consumer()):
        await until(lambda: has_waited(service))
        await kafka.start()
        await until(lambda: all_applied(service, events))
    assert once_each(await service.applied(), events)


async def test_after_brokers_were_away_longer_than_the_request_timeout_everything_drains_in_order(
    service: TinyService, kafka: Kafka
) -> None:
    before, during, after = (stories(complaints=10, length=3) for _ in range(3))
    async with running(service.relay(), service.consumer()):
        await service.append(before)
        await until(lambda: all_applied(service, before))
        await kafka.stop()
        await service.append(during)
        await asyncio.sleep(REQUEST_TIMEOUT_MS / 1000 + 1)
        assert await service.unpublished() == len(during)
        await kafka.start()
        await service.append(after)
        await until(lambda: all_applied(service, before + during + after), seconds=40)
        await until(lambda: all_published(service))
    effects = await service.applied()
    assert once_each(effects, before + during + after)
    assert not out_of_order(effects)


async def test_a_broker_that_is_killed_under_load_costs_nothing(service: TinyService, kafka: Kafka) -> None:
    events = stories(complaints=30, length=10)
    async with running(service.relay(batch_size=20), service.consumer(slice_size=10)):
        writing = asyncio.create_task(_append_slowly(service, events))
        await until(lambda: all_applied(service, events[:60]))
        await kafka.kill()
        await kafka.start()
        await writing
        await until(lambda: all_applied(service, events), seconds=40)
        await until(lambda: all_published(service))
    effects = await service.applied()
    assert once_each(effects, events)
    assert not out_of_order(effects)
    assert await service.parked() == []


async def test_a_stop_while_the_broker_hangs_ends_within_seconds_and_loses_nothing(
    service: TinyService, kafka: Kafka
) -> None:
    seen, unseen = event(), event()
    at_rest = asyncio.all_tasks()
    with ExitStack() as ice:
        async with running(service.relay(), service.consumer(instance="a", commit_every_seconds=60)):
            await service.append([seen])
            await until(lambda: all_applied(service, [seen]))
            ice.enter_context(frozen(kafka))
            await service.append([unseen])
            await asyncio.sleep(0.5)
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < 6.0
        assert asyncio.all_tasks() <= at_rest
    async with running(service.relay(), service.consumer(instance="a")):
        await until(lambda: all_applied(service, [seen, unseen]))
    assert once_each(await service.applied(), [seen, unseen])


async def _holds(service: TinyService) -> bool:
    return is_holding(service)


async def _applied_and_said(service: TinyService) -> bool:
    return bool(await service.applied()) and not is_holding(service)


async def _publishes(service: TinyService, shards: int) -> bool:
    return REGISTRY.get_sample_value("jieban_relay_shards", {"service": service.topic}) == shards


async def _append_slowly(service: TinyService, events: list[Event]) -> None:
    for start in range(0, len(events), 10):
        await service.append(events[start : start + 10])
        await asyncio.sleep(0.02)
