"""A whole Jieban, as `jieban up` runs it, on the session's PostgreSQL and Kafka."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from behaviour.broker import delete_topic
from contracts.topics import TOPICS
from e2e.county import County
from e2e.people import People
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka
from stack import MakeDatabase


@pytest.fixture(scope="module")
def connection(kafka: Kafka) -> KafkaConnection:
    """Where the county's Kafka is."""
    return KafkaConnection(kafka.bootstrap_servers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def county(
    databases: MakeDatabase,
    kafka: Kafka,
    connection: KafkaConnection,
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[County]:
    """The county, with the demo's teams and grids; what other modules left in the topics is none of its own."""
    for topic in TOPICS:
        await delete_topic(connection, topic.name)
    directory = Path(tmp_path_factory.mktemp("county"))
    environment = {f"JIEBAN_{service}_DATABASE_URL": await databases() for service in ("INTAKE", "DISPATCH", "LEDGER")}
    environment["JIEBAN_KAFKA_BOOTSTRAP_SERVERS"] = kafka.bootstrap_servers
    environment["JIEBAN_LOG_LEVEL"] = "warning"
    running = County(directory, free_port(), environment)
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def people(county: County) -> AsyncIterator[People]:
    """Clients for each role."""
    everyone = People(county.url, (county.directory / "secrets" / "token-secret").read_text().strip())
    yield everyone
    await everyone.close()
