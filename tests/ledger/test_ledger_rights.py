"""Where others own the tables, the service's login cannot change what is written, whatever becomes of triggers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from contracts.roles import Role
from histories import TENANT, History
from jieban.embedded.postgres import Postgres
from jieban.schemas import migrate_all
from jieban.services import ServiceName, targets
from ledger.conftest import SECRET, As, Enter
from ledger.exports import flaws_of
from ledger_service.main import build
from ledger_service.service.folding import fold_changes
from ledger_service.service.proving import seal_and_sign, sign_all
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

OWNER, WORKER, DATABASE = "rights_owner", "rights-worker", "rights"
FORBIDDEN = [
    "UPDATE entry SET type = 'x'",
    "DELETE FROM entry",
    "TRUNCATE entry",
    "UPDATE seal SET leaf = ''",
    "DELETE FROM seal_node",
    "TRUNCATE checkpoint",
    "ALTER TABLE entry DISABLE TRIGGER ALL",
    "DROP TRIGGER entry_append_only ON entry",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "DROP TABLE seal",
    "SET session_replication_role = replica",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settings(pg: Postgres) -> AsyncIterator[RuntimeSettings]:
    """A ledger's database that its service owned, until somebody else was made the owner."""
    await pg.create_database(DATABASE, owner=WORKER)
    before = RuntimeSettings(
        ledger_database_url=pg.url(DATABASE, user=WORKER),
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        ledger_signing_secret=SecretStr(SECRET),
    )
    await asyncio.to_thread(migrate_all, targets(before, [ServiceName.LEDGER]))
    superuser = await asyncpg.connect(pg.url(DATABASE))
    await superuser.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{pg.password(OWNER)}'")
    await superuser.execute(f'REASSIGN OWNED BY "{WORKER}" TO {OWNER}')
    await superuser.close()
    after = before.model_copy(update={"ledger_migration_database_url": pg.url(DATABASE, user=OWNER)})
    for _ in range(2):
        await asyncio.to_thread(migrate_all, targets(after, [ServiceName.LEDGER]))
    yield after
    await pg.drop_database(DATABASE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(settings: RuntimeSettings) -> AsyncIterator[Service]:
    ledger = build(settings, TokenVerifier(settings))
    await ledger.open()
    yield ledger
    await ledger.close()


async def test_the_service_does_all_its_work(client: httpx.AsyncClient, service: Service, as_: As) -> None:
    engine, staff = service.app.state.engine, as_(Role.SUPERVISOR)
    history = History()
    history.until_resolved()
    enter = Enter(engine)
    await enter(history)
    verified = await client.post(
        f"complaints/{history.id}/verification", json={"method": "photo"}, headers=as_(Role.INSPECTOR)
    )
    assert verified.status_code == 200, verified.text
    await enter.raw(history.erased(), lambda value: value)
    await seal_and_sign(engine, None)
    assert await sign_all(engine, service.app.state.signer_of, every=timedelta()) == 1
    assert await fold_changes(engine, "Asia/Shanghai") > 0
    assert await flaws_of(client, staff) == []
    state = (await client.get("reconciliation/state", headers=as_(Role.ADMIN))).json()
    assert state["owned_append_only"] == []


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.usefixtures("settings")
async def test_its_login_cannot_change_what_is_written(pg: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(pg.url(DATABASE, user=WORKER))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_login_that_owns_the_tables_is_told_of(database_url: str, as_: As) -> None:
    settings = RuntimeSettings(ledger_database_url=database_url, token_secret=SecretStr(SECRET), tenant=TENANT)
    await asyncio.to_thread(migrate_all, targets(settings, [ServiceName.LEDGER]))
    ledger = build(settings, TokenVerifier(settings))
    await ledger.open()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ledger.app), base_url="http://ledger.test/ledger/v1"
    ) as caller:
        state = (await caller.get("reconciliation/state", headers=as_(Role.ADMIN))).json()
    await ledger.close()
    assert state["owned_append_only"] == ["checkpoint", "entry", "seal", "seal_node"]
