"""A network that forgets its connections without a word costs one timeout, and kills no task of the client."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.metadata import MetadataRequest

from behaviour.broker import create_topic, record
from behaviour.freezing import frozen
from behaviour.stories import event
from behaviour.tiny_service import TinyService
from chaos.brokers import Brokers
from chaos.network import Link
from eventbus.clients import Producer
from eventbus.kafka import REQUEST_TIMEOUT_MS, KafkaConnection
from eventbus.producer import RecoveringProducer
from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka

_TOPIC = "half.open"
_TIMEOUT_SECONDS = REQUEST_TIMEOUT_MS / 1000


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    """The way to three brokers, which have a topic."""
    async with AsyncExitStack() as running:
        brokers = Brokers(tmp_path, clients=("bus",))
        running.push_async_callback(brokers.stop)
        await brokers.start()
        await create_topic(KafkaConnection(brokers.bootstrap_servers), _TOPIC, partitions=6)
        link = Link("bus", DataDir.open(tmp_path), brokers.routes["bus"])
        running.push_async_callback(link.stop)
        await link.start()
        yield link


async def test_all_dead_connections_are_found_by_one_timeout(link: Link) -> None:
    producer = RecoveringProducer(KafkaConnection(link.addresses))
    try:
        for _ in range(3):
            assert all(await producer.send([record(_TOPIC, event()) for _ in range(60)]))  # to all of the brokers
            await asyncio.sleep(_TIMEOUT_SECONDS / 2)
            link.forget()
            began = time.monotonic()
            assert await producer.send([record(_TOPIC, event())]) == [True]
            assert time.monotonic() - began < 1.8 * _TIMEOUT_SECONDS
    finally:
        await producer.close()


async def test_a_request_whose_connection_has_been_replaced_times_out_like_any_other(
    service: TinyService, kafka: Kafka
) -> None:
    producer = Producer(**service.kafka.client_options())
    await producer.start()
    try:
        client = producer.client
        node = client.get_random_node()
        assert await client.ready(node)
        with frozen(kafka):
            asking = asyncio.create_task(client.send(node, MetadataRequest([])))
            await asyncio.sleep(0.5)
            assert not asking.done()
            _, replaced = client._conns.popitem()
            with pytest.raises(RequestTimedOutError):
                await asking
            await replaced.close()
    finally:
        await producer.abandon()
