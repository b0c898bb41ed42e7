"""Dispatch on a real database, with the demo county."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from contracts.topics import LIFECYCLE
from dispatch.world import SECRET, TENANT, World
from dispatch_service import demo
from dispatch_service.events.handlers import CONSUMED, CaseEvents
from dispatch_service.main import build
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.clockworks import Clockworks
from dispatch_service.service.rulebooks import Rulebooks
from eventbus.slices import Subscription
from runtime.auth import TokenVerifier
from runtime.database import create_engine, run_migrations
from runtime.settings import RuntimeSettings
from stack import MakeDatabase


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(databases: MakeDatabase) -> AsyncIterator[World]:
    """Dispatch for the tests of one module; each test makes complaints of its own."""
    url = await databases()
    run_migrations("dispatch_service", url)
    await demo.load(url, TENANT)
    async with _world(url) as world:
        yield world


@pytest.fixture
def late_news(world: World) -> Iterator[None]:
    """Let the API look once an hour for changes of what clocks go by."""
    before = world.app.state.clockworks
    world.app.state.clockworks = Clockworks(check_every_seconds=3600)
    yield
    world.app.state.clockworks = before


@pytest_asyncio.fixture(loop_scope="session")
async def crew(world: World) -> AsyncIterator[str]:
    """An officer whose only team has no cases yet."""
    subject = "officer-crew"
    await world.run("DELETE FROM dispatch_case")
    await world.run("DELETE FROM team_departure")
    await world.run("DELETE FROM team_member WHERE subject = :subject", subject=subject)
    await world.run(
        "INSERT INTO team_member VALUES ('522723', 'team-08', :subject, 'leader')",
        subject=subject,
    )
    yield subject


@asynccontextmanager
async def _world(url: str) -> AsyncIterator[World]:
    settings = RuntimeSettings(dispatch_database_url=url, token_secret=SecretStr(SECRET), tenant=TENANT)
    service = build(settings, TokenVerifier(settings))
    engine = create_engine(url, application_name="dispatch tests")
    clockworks = Clockworks(check_every_seconds=0)
    rulebooks = Rulebooks(Territory(check_every_seconds=0), clockworks, check_every_seconds=0)
    subscription = Subscription(
        consumer="dispatch", topic=LIFECYCLE.name, types=CONSUMED, handler=CaseEvents(rulebooks)
    )
    transport = ASGITransport(app=service.app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield World(service.app, engine, subscription, client, clockworks)
    await engine.dispose()
    await service.close()
