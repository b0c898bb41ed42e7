"""Real PostgreSQL and Kafka for the tests: started once a session, with a fresh corner of each for every module.

Fixtures: `pg` and `kafka` (session), `database_url` (module: a new empty database), `databases` (module: a function
that makes more of them), `prefix` (module: a unique word to start the names of topics and consumer groups with),
`free_port` (session: a function that returns a free port).

A test may restart, stop or kill a server. Should it fail before it has started the server again, the next module does.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from jieban.embedded.datadir import DataDir
from jieban.embedded.kafka import Kafka
from jieban.embedded.lock import exclusive
from jieban.embedded.ports import choose_port
from jieban.embedded.postgres import Postgres

MakeDatabase = Callable[[], Awaitable[str]]


@pytest.fixture(scope="session")
def stack_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataDir]:
    """The data directory of the session, held as `jieban up` holds its own."""
    directory = DataDir.open(Path(tmp_path_factory.mktemp("jieban")))
    with exclusive(directory):
        yield directory


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pg(stack_directory: DataDir) -> AsyncIterator[Postgres]:
    """The session's PostgreSQL: `url(name)`, and awaited: `create_database`, `drop_database`, `restart`, `kill`…"""
    server = Postgres(stack_directory)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(stack_directory: DataDir) -> AsyncIterator[Kafka]:
    """The session's Kafka: `bootstrap_servers`, and awaited: `stop`, `start`, `kill`, `restart`."""
    broker = Kafka(stack_directory)
    await broker.start()
    yield broker
    await broker.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def databases(pg: Postgres) -> AsyncIterator[MakeDatabase]:
    """A function that creates an empty database and returns its URL (`postgresql://…`); all go when the module ends."""
    async with made_databases(pg) as make:
        yield make


@asynccontextmanager
async def made_databases(pg: Postgres) -> AsyncIterator[MakeDatabase]:
    """Give a function that creates an empty database and returns its URL; all go in the end."""
    if pg.pid is None:
        await pg.start()
    made: list[str] = []

    async def make() -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        await pg.create_database(name)
        made.append(name)
        return pg.url(name)

    yield make
    if pg.pid is None:
        await pg.start()
    for name in made:
        await pg.drop_database(name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_url(databases: MakeDatabase) -> str:
    """The URL of an empty database that only this module uses."""
    return await databases()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prefix(kafka: Kafka) -> str:
    """A word that no other module's topics or groups start with, on a Kafka that runs."""
    if kafka.pid is None:
        await kafka.start()
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that returns a port below 32768 on which nothing listens."""
    return choose_port
