"""Intake on an empty database; its relay and consumer do not run."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake_service.main import build
from runtime.auth import TokenVerifier, issue_token
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

SECRET = "0c5b1f7ae2d94e3386a1b9c4d5e6f708"
TENANT = "522723"
As = Callable[..., dict[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    run_migrations("intake_service", database_url)
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=tmp_path_factory.mktemp("attachments"),
    )
    intake = build(settings, TokenVerifier(settings))
    await intake.open()
    yield intake
    await intake.close()


@pytest.fixture(scope="module")
def engine(service: Service) -> AsyncEngine:
    engine: AsyncEngine = service.app.state.engine
    return engine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test/intake/v1") as caller:
        yield caller


@pytest.fixture(scope="session")
def as_() -> As:
    """The headers of a caller; the subject is `<role>-1` unless named."""

    def headers(role: Role, subject: str | None = None, *, tenant: str = TENANT, **more: str) -> dict[str, str]:
        token = issue_token(SECRET, subject or f"{role}-1", tenant, [role], timedelta(hours=1))
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en", **more}

    return headers
