"""A producer that failed is replaced, no wait is without end, and an abandoned producer leaves nothing behind."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from behaviour.broker import contents, create_topic, record
from behaviour.freezing import frozen
from behaviour.running import until
from behaviour.stories import event, payload, story
from behaviour.tiny_service import TinyService
from eventbus.producer import Record, RecoveringProducer
from jieban.embedded.kafka import Kafka


async def test_after_the_brokers_refused_a_batch_later_sends_arrive(service: TinyService) -> None:
    topic = f"{service.topic}.small"
    await create_topic(service.kafka, topic, partitions=1, configs={"max.message.bytes": "5000"})
    before, after = event(), event()
    large = record(topic, event(data=payload("x" * 20_000)))
    async with _producing(service) as producer:
        assert await producer.send([record(topic, before)]) == [True]
        assert await producer.send([large]) == [False]
        assert await producer.send([record(topic, after)]) == [True]
    keys = [each.key for each in await contents(service.kafka, topic)]
    assert keys == [str(before.subject).encode(), str(after.subject).encode()]


async def test_a_record_that_the_client_refuses_fails_alone_and_what_stands_behind_it(service: TinyService) -> None:
    before, after = record(service.topic, event()), record(service.topic, event())
    large = record(service.topic, event(data=payload("x" * 1_100_000)))
    async with _producing(service) as producer:
        assert await producer.send([before, large, after]) == [True, False, False]
        assert await producer.send([after]) == [True]


async def test_a_send_that_would_never_time_out_is_cut_off_and_leaves_nothing_running(
    service: TinyService, kafka: Kafka
) -> None:
    events = story(3)
    first, second, third = (record(service.topic, each) for each in events)
    at_rest = asyncio.all_tasks()
    async with _producing(service, deadline_seconds=1.0) as producer:
        assert await producer.send([first]) == [True]
        with frozen(kafka):
            began = time.monotonic()
            assert await producer.send([second]) == [False]
            assert time.monotonic() - began < 4
            assert asyncio.all_tasks() <= at_rest
        await until(lambda: _arrives(producer, [second, third]))
    assert asyncio.all_tasks() <= at_rest


async def _arrives(producer: RecoveringProducer, records: list[Record]) -> bool:
    return all(await producer.send(records))


@asynccontextmanager
async def _producing(service: TinyService, deadline_seconds: float = 15.0) -> AsyncIterator[RecoveringProducer]:
    producer = RecoveringProducer(service.kafka, deadline_seconds=deadline_seconds)
    try:
        yield producer
    finally:
        await producer.close()
