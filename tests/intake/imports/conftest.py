"""Intake with small limits on imports, and an operator at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from intake.conftest import As
from intake.imports.desk import Desk, replica
from intake_service.service import importing
from runtime.database import run_migrations
from runtime.lifecycle import Service


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("imports"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(database_url: str, folder: Path) -> AsyncIterator[Service]:
    run_migrations("intake_service", database_url)
    intake = replica(database_url, folder)
    await intake.open()
    yield intake
    await intake.close()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", 10)


@pytest.fixture
def desk(client: httpx.AsyncClient, as_: As, service: Service, engine: AsyncEngine) -> Desk:
    return Desk(client, as_, service, engine)
