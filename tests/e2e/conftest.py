"""A whole Jieban, as `jieban up` runs it, on the session's PostgreSQL and Kafka."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
import pytest_asyncio

from e2e.counties import Counties
from e2e.county import County
from e2e.people import People
from eventbus.kafka import KafkaConnection
from jieban.embedded.kafka import Kafka
from jieban.embedded.postgres import Postgres


@pytest.fixture(scope="module")
def connection(kafka: Kafka) -> KafkaConnection:
    """Where the county's Kafka is."""
    return KafkaConnection(kafka.bootstrap_servers)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def counties(
    pg: Postgres, kafka: Kafka, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Counties]:
    """The session's counties; the last is ended with it."""
    started = Counties(pg, kafka, free_port, partial(tmp_path_factory.mktemp, "county"))
    yield started
    await started.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def county(request: pytest.FixtureRequest, counties: Counties) -> AsyncIterator[County]:
    """The county that modules share, or one of its own for a module with the mark `own_county`."""
    if request.node.get_closest_marker("own_county") is None:
        yield await counties.shared()
    else:
        yield await counties.new()
        await counties.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people(county: County) -> AsyncIterator[People]:
    """Clients for each role."""
    everyone = People(county.url, (county.directory / "secrets" / "token-secret").read_text().strip())
    yield everyone
    await everyone.close()
