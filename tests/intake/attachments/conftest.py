"""Intake with a store of its own and small limits.

Modules that are marked with `BOTH` run on a folder and on a real S3 service.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from intake.conftest import SECRET, TENANT
from intake_service.main import build
from runtime.auth import TokenVerifier
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings
from s3 import S3Server

FILE_BYTES = 400_000
IMAGE_BYTES = 300_000
PIXELS = 2_000_000
PER_COMPLAINT = 4
WAITING = 60
BOTH = pytest.mark.parametrize("on_s3", [pytest.param(False, id="folder"), pytest.param(True, id="s3")], indirect=True)


@pytest.fixture(scope="module")
def on_s3(request: pytest.FixtureRequest) -> bool:
    """Whether the store is an S3 service."""
    return bool(getattr(request, "param", False))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, on_s3: bool, request: pytest.FixtureRequest) -> Path:
    """The folder of the store; that of the bucket on S3, because S3Proxy keeps objects as files of their names."""
    if not on_s3:
        return Path(tmp_path_factory.mktemp("attachments"))
    server: S3Server = request.getfixturevalue("s3")
    return server.folder / str(request.getfixturevalue("bucket")())


@pytest.fixture(scope="module")
def store_settings(store: Path, on_s3: bool, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings that name the store; what is on its way there is in the same folder, where tests look for it."""
    if not on_s3:
        return {"attachments_dir": store}
    server: S3Server = request.getfixturevalue("s3")
    return {**server.settings, "attachments_dir": store, "attachments_store": f"s3://{store.name}"}


@pytest.fixture
def bucket_name(bucket: Callable[[], str]) -> str:
    """An empty bucket for one test."""
    return bucket()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(database_url: str, store_settings: dict[str, Any]) -> AsyncIterator[Service]:
    run_migrations("intake_service", database_url)
    settings = RuntimeSettings(
        **store_settings,
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
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
