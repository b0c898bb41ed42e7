"""The ledger's service does not own its tables: in the embedded stack, and with what docker compose runs."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from jieban.embedded.cluster import Cluster
from jieban.embedded.datadir import DataDir
from jieban.embedded.postgres import Postgres
from jieban.embedded.stack import Stack
from jieban.schemas import migrate_all
from jieban.services import ServiceName, targets
from jieban.settings import read_settings
from runtime.settings import RuntimeSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
PARK = """
    INSERT INTO parked_message (consumer, topic, partition, "offset", key, headers, error_class, error)
    VALUES ('ledger', 'x', 0, 0, 'x', 'x', 'x', 'x')
"""
"""Something that the service writes."""


@pytest.fixture
def directory(tmp_path: Path) -> DataDir:
    return DataDir.open(tmp_path / "data")


@pytest_asyncio.fixture(loop_scope="session")
async def server(directory: DataDir) -> AsyncIterator[Postgres]:
    """A PostgreSQL whose logins nobody else needs."""
    server = Postgres(directory)
    await server.start()
    yield server
    await server.stop()


async def test_the_embedded_stack_has_two_also_on_the_data_of_an_earlier_version(directory: DataDir) -> None:
    before = Postgres(directory)
    await before.start()
    await before.create_database("ledger", owner="ledger")
    await _migrated(RuntimeSettings(ledger_database_url=before.url("ledger", user="ledger")))
    await before.stop()

    for _ in range(2):
        async with Stack(directory, databases=("ledger",), kafka=False) as stack:
            addresses = stack.environment()
            works = addresses["JIEBAN_LEDGER_DATABASE_URL"]
            await _execute(works, PARK, "DELETE FROM parked_message")
            await _migrated(_settings(addresses))
            await _only_works(works)


async def test_the_scripts_of_compose_make_two(server: Postgres, tmp_path: Path) -> None:
    secrets = _made_secrets(tmp_path)
    for _ in range(2):
        _run_logins(server, secrets)
        settings = _settings(_addresses(secrets, server))
        await _migrated(settings)
    assert settings.ledger_database_url is not None
    await _only_works(settings.ledger_database_url)
    assert settings.ledger_migration_database_url is not None
    await _execute(settings.ledger_migration_database_url, "UPDATE alembic_version SET version_num = 'of a newer one'")
    await _migrated(settings)
    await _only_works(settings.ledger_database_url)
    assert settings.intake_database_url is not None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(_plain(settings.intake_database_url).removesuffix("intake") + "ledger")


async def test_the_scripts_of_compose_hand_over_what_an_earlier_version_made(server: Postgres, tmp_path: Path) -> None:
    """Its service goes on working until it is replaced."""
    secrets = _made_secrets(tmp_path)
    (secrets / "ledger_owner_password").unlink()
    (secrets / "ledger_migration_database_url").unlink()
    password = (secrets / "ledger_password").read_text()
    await _execute(server.url("postgres"), f"CREATE ROLE ledger LOGIN PASSWORD '{password}'")
    await _execute(server.url("postgres"), "CREATE DATABASE ledger OWNER ledger")
    before = _settings(_addresses(secrets, server))
    await _migrated(before)
    assert before.ledger_database_url is not None

    _make_secrets(secrets.parent)
    _run_logins(server, secrets)

    assert (secrets / "ledger_password").read_text() == password
    await _execute(before.ledger_database_url, PARK, "DELETE FROM parked_message")
    await _migrated(_settings(_addresses(secrets, server)))
    await _only_works(before.ledger_database_url)


async def test_a_second_login_that_is_the_first_is_one() -> None:
    url = "postgresql://ledger:x@127.0.0.1/ledger"
    settings = RuntimeSettings(ledger_database_url=url, ledger_migration_database_url=url)
    assert targets(settings, [ServiceName.LEDGER])[ServiceName.LEDGER].login is None


def _made_secrets(place: Path) -> Path:
    (place / "deploy").mkdir()
    shutil.copy(DEPLOY / "secrets.sh", place / "deploy")
    _make_secrets(place / "deploy")
    return place / "deploy" / "secrets"


def _make_secrets(deploy: Path) -> None:
    subprocess.run(["sh", str(deploy / "secrets.sh")], check=True, capture_output=True)


def _run_logins(server: Postgres, secrets: Path) -> None:
    """Run what the container `logins` runs, as the superuser of another server."""
    (secrets / "postgres_password").write_text(server.password("postgres"))
    address = urlsplit(server.url("postgres"))
    environment = {"PGHOST": str(address.hostname), "PGPORT": str(address.port), "SECRETS": str(secrets)}
    programs = Cluster.of(DataDir(secrets)).programs
    subprocess.run(
        ["sh", str(DEPLOY / "postgres" / "logins.sh")],
        check=True,
        env={**os.environ, **environment, "PATH": f"{programs}:{os.environ['PATH']}"},
    )


def _addresses(secrets: Path, server: Postgres) -> Mapping[str, str]:
    """Return the addresses among the secrets, at the server of the test."""
    address = urlsplit(server.url("postgres"))
    return {
        f"JIEBAN_{file.name.upper()}": file.read_text().replace("postgres:5432", f"{address.hostname}:{address.port}")
        for file in secrets.glob("*_database_url")
    }


def _settings(addresses: Mapping[str, str]) -> RuntimeSettings:
    return read_settings(**{name.removeprefix("JIEBAN_").lower(): url for name, url in addresses.items()})


async def _migrated(settings: RuntimeSettings) -> None:
    await asyncio.to_thread(migrate_all, targets(settings, [ServiceName.LEDGER]))


async def _only_works(url: str) -> None:
    """Check that the login of an address may write, and neither change what only grows nor the tables."""
    await _execute(url, PARK, "DELETE FROM parked_message")
    for statement in ("UPDATE entry SET type = 'x'", "DELETE FROM seal", "ALTER TABLE entry DISABLE TRIGGER ALL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _execute(url, statement)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(_plain(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
