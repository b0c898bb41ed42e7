"""The suite's service: a database and a topic of its own for each test."""

import uuid
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text

from behaviour.broker import create_topic
from behaviour.tiny_service import TinyService, metadata
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres
from runtime.database import create_engine

_EMPTY = text("TRUNCATE outbox, inbox, parked_message, applied RESTART IDENTITY")


@pytest_asyncio.fixture(loop_scope="session")
async def service(database_url: str, pg: Postgres, kafka: Kafka, prefix: str) -> AsyncIterator[TinyService]:
    """A service with empty tables, and an empty topic of four partitions; servers that a failed test left run again."""
    for server in (pg, kafka):
        if server.pid is None:
            await server.start()
    connection = KafkaConnection(kafka.bootstrap_servers)
    topic = f"{prefix}.{uuid.uuid4().hex[:6]}"
    await create_topic(connection, topic)
    engine = create_engine(database_url, application_name=topic)
    async with engine.begin() as transaction:
        await transaction.run_sync(metadata.create_all)
        await transaction.execute(_EMPTY)
    yield TinyService(database_url, engine, connection, topic)
    await engine.dispose()
