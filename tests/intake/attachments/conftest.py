"""Intake with a store of its own and small limits."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from intake.conftest import SECRET, TENANT
from intake_service.main import build
from runtime.auth import TokenVerifier
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

FILE_BYTES = 400_000
IMAGE_BYTES = 300_000
PIXELS = 2_000_000
PER_COMPLAINT = 4
WAITING = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store."""
    return Path(tmp_path_factory.mktemp("attachments"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(database_url: str, store: Path) -> AsyncIterator[Service]:
    run_migrations("intake_service", database_url)
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=store,
        attachment_max_bytes=FILE_BYTES,
        attachment_max_image_bytes=IMAGE_BYTES,
        attachment_max_pixels=PIXELS,
        attachments_per_complaint=PER_COMPLAINT,
        attachments_waiting=WAITING,
    )
    intake = build(settings, TokenVerifier(settings))
    await intake.open()
    yield intake
    await intake.close()
