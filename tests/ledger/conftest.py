"""The ledger on a database of its own, and callers of every kind."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiokafka import TopicPartition
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.roles import Role
from contracts.topics import LIFECYCLE
from eventbus.admin import ensure_topics
from eventbus.brokers import Brokers
from eventbus.kafka import KafkaConnection
from eventbus.slices import Subscription
from histories import TENANT, History, message, messages
from intake_service.service import ending
from jieban.embedded.kafka import Kafka
from ledger.closings import Closings
from ledger.ending_desk import Desk
from ledger_service.api import acting
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.main import build
from ledger_service.service.rereading import begin
from runtime.auth import TokenVerifier, issue_token
from runtime.database import create_engine, run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings
from stack import MakeDatabase

SECRET = "7c1f0a93de5b48d2a6e4f7038b92c5d1"
Headers = dict[str, str]
As = Callable[..., Headers]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(database_url: str) -> AsyncIterator[Service]:
    """The ledger with an empty database; its relay and consumer do not run."""
    run_migrations("ledger_service", database_url)
    settings = RuntimeSettings(
        ledger_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        ledger_signing_secret=SecretStr(SECRET),
    )
    ledger = build(settings, TokenVerifier(settings))
    await ledger.open()
    yield ledger
    await ledger.close()


@pytest_asyncio.fixture(loop_scope="session")
async def own_url(databases: MakeDatabase) -> str:
    """A ledger's empty database that no service uses, for a test that migrates it again."""
    made = await databases()
    run_migrations("ledger_service", made)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def own_engine(own_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(own_url, application_name="tests")
    yield made
    await made.dispose()


@pytest.fixture(scope="module")
def app(service: Service) -> FastAPI:
    return service.app


@pytest.fixture(scope="module")
def engine(app: FastAPI) -> AsyncEngine:
    engine: AsyncEngine = app.state.engine
    return engine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger.test/ledger/v1") as caller:
        yield caller


@pytest.fixture(scope="session")
def as_() -> As:
    """Return the headers of a caller: `as_(Role.CITIZEN, "citizen-1")`; the subject is `<role>-1` unless named."""

    def headers(role: Role, subject: str | None = None, *, tenant: str = TENANT) -> Headers:
        token = issue_token(SECRET, subject or f"{role}-1", tenant, [role], timedelta(hours=1))
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    return headers


@pytest.fixture(scope="module")
def enter(engine: AsyncEngine) -> "Enter":
    return Enter(engine)


@pytest_asyncio.fixture(loop_scope="session")
async def closings(client: httpx.AsyncClient, engine: AsyncEngine, enter: "Enter", as_: As) -> Closings:
    """Begin without closing rules and follow-up tasks."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM closing_rules"))
        await connection.execute(sa.text("DELETE FROM follow_up"))
    return Closings(client, engine, enter, as_)


@pytest_asyncio.fixture(loop_scope="session")
async def reading(closings: Closings) -> AsyncIterator[Closings]:
    """A ledger that reads its topic again, in which results are verified by rule."""
    await closings.rules({"gates": []})
    await begin(closings.engine, {TopicPartition("any", 0): 1})
    yield closings
    async with closings.engine.begin() as connection:
        for table in ("reading_again", "held_cause", "parked_message"):
            await connection.execute(sa.text(f"DELETE FROM {table}"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for others to hear of something: they do when the test says so."""
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(acting, "EVENT_SECONDS", 0.0)


@pytest.fixture
def desk(client: httpx.AsyncClient, engine: AsyncEngine, enter: "Enter", as_: As) -> Desk:
    return Desk(client, engine, as_, enter)


class Enter:
    """Lets the consumer apply whole histories."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self, *histories: History) -> None:
        await SUBSCRIPTION.apply(self._engine, messages(event for history in histories for event in history.events))

    async def raw(self, event: Event, change: Callable[[bytes], bytes]) -> None:
        """Let it apply one event whose value was changed on the way."""
        sent = message(event)
        await SUBSCRIPTION.apply(self._engine, [sent._replace(value=change(sent.value or b""))])


@pytest.fixture(scope="module")
def brokers(kafka: Kafka) -> Brokers:
    return Brokers(KafkaConnection(kafka.bootstrap_servers))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(kafka: Kafka, prefix: str) -> Subscription:
    """A ledger's reading of a topic of its own, of one partition, in which nothing stands."""
    topic = replace(LIFECYCLE, name=f"{prefix}.lifecycle", partitions=1)
    await ensure_topics(KafkaConnection(kafka.bootstrap_servers), [topic])
    return replace(SUBSCRIPTION, consumer=f"{prefix}-ledger", topic=topic.name)
