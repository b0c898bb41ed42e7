"""The whole service: from Kafka through the database and back to Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from httpx import ASGITransport, AsyncClient
from prometheus_client import REGISTRY
from pydantic import SecretStr

from behaviour.running import running, until
from contracts.envelope import Event, parse
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch.world import SECRET, TENANT, World, received
from dispatch_service import demo
from dispatch_service.main import build
from eventbus.admin import ensure_topics
from eventbus.kafka import KafkaConnection
from eventbus.producer import Record, RecoveringProducer
from jieban.embedded.kafka import Kafka
from runtime.auth import TokenVerifier
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings
from stack import MakeDatabase


async def test_a_complaint_on_the_topic_is_assigned_on_the_topic(
    world: World, databases: MakeDatabase, kafka: Kafka
) -> None:
    url, connection = await databases(), KafkaConnection(kafka.bootstrap_servers)
    run_migrations("dispatch_service", url)
    await demo.load(url, TENANT)
    await ensure_topics(connection, [LIFECYCLE])
    settings = RuntimeSettings(
        dispatch_database_url=url, token_secret=SecretStr(SECRET), kafka_bootstrap_servers=kafka.bootstrap_servers
    )
    service = build(settings, TokenVerifier(settings))
    event = received()
    async with working(service):
        assert await readiness(service) == {"database": {"ok": True}, "kafka": {"ok": True}}
        await publish(connection, world, event)
        assigned = await awaited(connection, event, EventType.ASSIGNED)

    assert assigned.causation_id == event.id
    assert assigned.data.model_dump()["team"] == "team-08"


async def test_without_kafka_the_service_is_ready_and_says_what_is_missing(databases: MakeDatabase) -> None:
    settings = RuntimeSettings(
        dispatch_database_url=await databases(),
        token_secret=SecretStr(SECRET),
        kafka_bootstrap_servers="127.0.0.1:1",
    )
    service = build(settings, TokenVerifier(settings))

    checks = await readiness(service)
    await service.close()

    assert checks["database"] == {"ok": True}
    assert checks["kafka"]["ok"] is False


async def test_the_metrics_say_what_is_missing_whoever_asks(databases: MakeDatabase) -> None:
    for url, is_there in ((await databases(), 1), ("postgresql://nobody@127.0.0.1:1/no", 0)):
        settings = RuntimeSettings(
            dispatch_database_url=url, token_secret=SecretStr(SECRET), kafka_bootstrap_servers="127.0.0.1:1"
        )
        service = build(settings, TokenVerifier(settings))
        [checks] = [worker for worker in service.always if worker.name == "dispatch checks"]
        async with running(checks):
            await until(partial(_found, database=is_there, kafka=0))
        await service.close()


async def _found(**expected: int) -> bool:
    labels = [{"service": "dispatch", "check": check} for check in expected]
    return [REGISTRY.get_sample_value("jieban_check_ok", each) for each in labels] == list(expected.values())


@asynccontextmanager
async def working(service: Service) -> AsyncIterator[None]:
    """Run all workers of the service beside the block."""
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            for workers in service.workers.values():
                for worker in workers:
                    group.create_task(worker.run(stop))
            yield
            stop.set()
    finally:
        await service.close()


async def readiness(service: Service) -> dict[str, Any]:
    async with AsyncClient(transport=ASGITransport(app=service.app), base_url="http://test") as client:
        response = await client.get("/dispatch/readyz")
    assert response.status_code == 200
    return dict(response.json()["checks"])


async def publish(connection: KafkaConnection, world: World, event: Event) -> None:
    producer = RecoveringProducer(connection)
    message = world.message(event)
    assert await producer.send([Record(message.topic, message.key, message.value or b"", message.headers)]) == [True]
    await producer.close()


async def awaited(connection: KafkaConnection, about: Event, event_type: EventType) -> Event:
    """Return the event of this type about the complaint, as soon as it is on the topic."""
    consumer = AIOKafkaConsumer(LIFECYCLE.name, **connection.client_options(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            async for record in consumer:
                event = parse(record.headers, record.value)
                if event.subject == about.subject and event.type is event_type:
                    return event
    finally:
        await consumer.stop()
    raise AssertionError("the topic ended")
