"""A member that reads nothing of what is there is left and joined anew, by itself; one that waits on purpose is not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from behaviour.conditions import all_applied, is_holding, lag
from behaviour.freezing import frozen
from behaviour.running import running, until
from behaviour.stories import once_each, out_of_order, stories
from behaviour.tiny_service import Applying, TinyService
from eventbus.consumer import Consumer
from eventbus.errors import Transient
from jieban.embedded.kafka import Kafka

PATIENCE = 2.0


def _lose_the_fetching_task(consumer: Consumer) -> None:
    consumer._consumer._fetcher._fetch_task.cancel()


def _lose_the_answers_to_fetches(consumer: Consumer) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    consumer._consumer._fetcher._proc_fetch_request = never


@pytest.mark.parametrize("deafen", [_lose_the_fetching_task, _lose_the_answers_to_fetches])
async def test_a_deaf_member_is_rebuilt_and_nothing_is_lost(
    service: TinyService, deafen: Callable[[Consumer], None]
) -> None:
    before, after = stories(10, 2), stories(10, 3)
    consumer = service.consumer(deaf_seconds=PATIENCE)
    async with running(service.relay(), consumer):
        await service.append(before)
        await until(lambda: all_applied(service, before))
        member = consumer._consumer
        deafen(consumer)
        await asyncio.sleep(1.0)  # what was asked before may still be answered
        await service.append(after)
        await until(lambda: _lag_is_seen(service))
        await until(lambda: all_applied(service, [*before, *after]), seconds=PATIENCE * 2 + 10)
        assert consumer._consumer is not member
        await until(lambda: _lag_is_gone(service))
    effects = await service.applied()
    assert once_each(effects, [*before, *after])
    assert out_of_order(effects) == []
    assert _rebuilt(service) == 1


async def test_a_member_that_waits_for_an_outage_to_end_is_left_alone(service: TinyService) -> None:
    events = stories(5, 1)
    away = True
    handler = Applying(objects=lambda _: Transient("away") if away else None)
    consumer = service.consumer(handler, deaf_seconds=0.6, hold_seconds=3.0, longest_hold_seconds=3.0)
    async with running(service.relay(), consumer):
        await service.append(events)
        await until(lambda: _holds(service))
        await asyncio.sleep(2.0)
        away = False
        await until(lambda: all_applied(service, events))
    assert _rebuilt(service) == 0


async def test_a_slow_slice_is_no_deafness(service: TinyService) -> None:
    events = stories(4, 3)
    async with running(service.relay(), service.consumer(Applying(delay=1.5), slice_size=4, deaf_seconds=0.6)):
        await service.append(events)
        await until(lambda: all_applied(service, events))
    assert _rebuilt(service) == 0


async def test_while_the_brokers_do_not_answer_nobody_is_deaf(service: TinyService, kafka: Kafka) -> None:
    events = stories(5, 1)
    async with running(service.relay(), service.consumer(deaf_seconds=1.5)):
        await service.append(events)
        await until(lambda: all_applied(service, events))
        with frozen(kafka):
            await service.append(later := stories(5, 1))
            await asyncio.sleep(4.0)
        await until(lambda: all_applied(service, [*events, *later]), seconds=30)
    assert _rebuilt(service) == 0


async def _lag_is_seen(service: TinyService) -> bool:
    return (lag(service) or 0) > 0


async def _lag_is_gone(service: TinyService) -> bool:
    return lag(service) == 0


async def _holds(service: TinyService) -> bool:
    return is_holding(service)


def _rebuilt(service: TinyService) -> Any:
    return REGISTRY.get_sample_value("jieban_consumer_rebuilt_total", {"consumer": service.group}) or 0
