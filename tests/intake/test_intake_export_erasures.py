"""What is erased does not outlive in the files of exports, and what a killed process made of one is made anew."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from e2e.county import County
from e2e.people import eventually
from histories import History
from intake.conftest import SECRET, TENANT, As
from intake.export_jobs import Headers, asked, maker_of, shown
from intake.reports import HOTLINE
from intake.searches import taken
from intake_service.events.lifecycle import follow
from intake_service.persistence import erasing
from intake_service.persistence.erasing import Erasure
from intake_service.service import export_making
from operations.exporting import making
from operations.exporting.files import ExportFiles
from refusals import code_of
from runtime.clock import now
from runtime.database import create_engine, run_migrations
from runtime.lifecycle import Service
from stack import MakeDatabase

CANARY = "canary"
REPORTER = {"name": CANARY, "phone": "138 0000 1234"}
_PARTS = sa.text("SELECT count(*) FROM export_part WHERE export_id = :id")
_WAITING = sa.text("""
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


@pytest.fixture(autouse=True, scope="module")
def files(service: Service, tmp_path_factory: pytest.TempPathFactory) -> ExportFiles:
    service.app.state.export_files = ExportFiles(tmp_path_factory.mktemp("exports"))
    found: ExportFiles = service.app.state.export_files
    return found


@pytest.fixture
def operator(as_: As) -> Headers:
    return as_(Role.OPERATOR)


async def erase(client: httpx.AsyncClient, as_: As, complaint: str, *, texts: bool = True) -> None:
    body = {"ground": "request", "reason": "来函", "texts": texts}
    answer = await client.post(f"/complaints/{complaint}/erasure", json=body, headers=as_(Role.SUPERVISOR))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sort", ["newest", "updated_oldest"])
async def test_a_file_is_gone_with_what_was_erased(
    client: httpx.AsyncClient, service: Service, files: ExportFiles, engine: AsyncEngine, as_: As, operator: Headers,
    monkeypatch: pytest.MonkeyPatch, sort: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(export_making, "BATCH", 2)
    refs = [f"{sort}-{number}" for number in range(5)]
    first, *_, last = [await taken(client, as_, CANARY, external_ref=ref, reporter=REPORTER) for ref in refs]
    bare = await asked(client, operator, filters={"sort": sort})
    naming = await asked(client, operator, filters={"sort": sort}, reporters=True)
    other = await asked(client, operator, filters={"external_ref": [refs[3]], "sort": sort}, reporters=True)
    maker = maker_of(service)
    for _ in range(3):
        await maker.work()

    await erase(client, as_, first, texts=False)
    assert code_of(await client.get(f"{naming}/file", headers=operator)) == (410, "export-gone")
    assert (await client.get(f"{bare}/file", headers=operator)).status_code == 200, "it tells nobody's name"
    await erase(client, as_, last)
    assert code_of(await client.get(f"{bare}/file", headers=operator)) == (410, "export-gone")
    await maker.clear()
    for path in (naming, bare):
        gone = await shown(client, operator, path)
        assert (gone["state"], gone["failure"], gone["file"]) == ("expired", "export-data-erased", None)
        assert not files.path(gone["id"]).exists()
        async with engine.connect() as connection:
            assert await connection.scalar(_PARTS, {"id": gone["id"]}) == 0
    assert (await client.get(f"{other}/file", headers=operator)).status_code == 200, "it has none of theirs"


async def test_a_file_has_its_time(
    client: httpx.AsyncClient, service: Service, files: ExportFiles, as_: As, operator: Headers
) -> None:
    await taken(client, as_)
    path = await asked(client, operator)
    maker = maker_of(service, timedelta(0))
    await maker.work()
    assert code_of(await client.get(f"{path}/file", headers=operator)) == (410, "export-gone")
    await maker.clear()
    gone = await shown(client, operator, path)
    assert (gone["state"], gone["failure"]) == ("expired", None)
    assert not files.path(gone["id"]).exists()


async def test_what_is_erased_while_it_is_written_is_not_in_the_file(
    client: httpx.AsyncClient, service: Service, as_: As, operator: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = await taken(client, as_, f"{CANARY} 家门口", external_ref="written")
    path = await asked(client, operator, filters={"external_ref": ["written"]})
    loop, written = asyncio.get_running_loop(), making._write

    def write_and_erase(*arguments: Any) -> None:
        written(*arguments)
        asyncio.run_coroutine_threadsafe(erase(client, as_, complaint), loop).result(10)

    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", write_and_erase)
        await maker_of(service).work()
    assert (await shown(client, operator, path))["state"] == "waiting"
    await maker_of(service).work()
    file = await client.get(f"{path}/file", headers=operator)
    assert (complaint in file.text, CANARY in file.text) == (True, False)


async def test_what_is_erased_again_while_it_is_written_is_not_in_the_file(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As, operator: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A restored database hears of the erasure, which was long before the export was asked for."""
    history = History()
    history.id = UUID(await taken(client, as_, f"{CANARY} 门前", external_ref="restored"))
    erasure = history.erased()._replace(time=now() - timedelta(days=10))
    path = await asked(client, operator, filters={"external_ref": ["restored"]})
    loop, written = asyncio.get_running_loop(), making._write

    async def repeat() -> None:
        async with engine.begin() as connection:
            await follow(connection, [erasure])

    def write_and_repeat(*arguments: Any) -> None:
        written(*arguments)
        asyncio.run_coroutine_threadsafe(repeat(), loop).result(10)

    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", write_and_repeat)
        await maker_of(service).work()
    assert (await shown(client, operator, path))["state"] == "waiting"
    await maker_of(service).work()
    assert CANARY not in (await client.get(f"{path}/file", headers=operator)).text


async def test_a_file_waits_for_an_erasure_that_is_under_way(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As, operator: Headers
) -> None:
    """The erasure has looked for files when the export is nearly done, and is over after that."""
    complaint = UUID(await taken(client, as_, f"{CANARY} 楼下", external_ref="under-way"))
    path = await asked(client, operator, filters={"external_ref": ["under-way"]})
    async with asyncio.TaskGroup() as group, engine.begin() as connection:
        await erasing.erase(connection, Erasure(TENANT, complaint, 2, now(), texts=True))
        group.create_task(maker_of(service).work())
        await eventually(partial(_somebody_waits, engine))
    assert (await shown(client, operator, path))["state"] == "waiting"
    await maker_of(service).work()
    assert CANARY not in (await client.get(f"{path}/file", headers=operator)).text


async def test_another_replica_makes_what_a_killed_one_left(
    databases: MakeDatabase, free_port: Callable[[], int], tmp_path: Path, as_: As
) -> None:
    database_url = await databases()
    run_migrations("intake_service", database_url)
    environment = {
        "JIEBAN_INTAKE_DATABASE_URL": database_url,
        "JIEBAN_TOKEN_SECRET": SECRET,
        "JIEBAN_EXPORTS_DIR": str(tmp_path / "exports"),
        "JIEBAN_LOG_LEVEL": "warning",
    }
    serve = ("serve", "intake", "--roles", "api")
    operator = as_(Role.OPERATOR)
    engine = create_engine(database_url, pool_size=2, pool_timeout=10, application_name="test")
    one, two = (County(make(tmp_path / name), free_port(), environment) for name in ("one", "two"))
    await one.start(*serve)
    async with httpx.AsyncClient(base_url=f"{one.url}/intake/v1") as client:
        assert (await client.post("/complaints", json=HOTLINE, headers=operator)).status_code == 201
        async with engine.begin() as connection:  # nobody gets beyond the first lines
            await connection.execute(sa.text("LOCK TABLE export_part IN SHARE ROW EXCLUSIVE MODE"))
            path = await asked(client, operator)
            await eventually(partial(_in_state, client, operator, path, "working"))
            await one.kill()
    await two.start(*serve)
    async with httpx.AsyncClient(base_url=f"{two.url}/intake/v1") as client:
        done = await eventually(partial(_in_state, client, operator, path, "done"))
        assert done["lines_done"] == 1
        assert (await client.get(f"{path}/file", headers=operator)).status_code == 200
    assert [each.name for each in (tmp_path / "exports" / "intake").glob(f"{done['id']}*")] == [done["id"]]
    await two.stop()
    await engine.dispose()


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _somebody_waits(engine: AsyncEngine) -> bool | None:
    async with engine.connect() as connection:
        return bool(await connection.scalar(_WAITING)) or None


async def _in_state(client: httpx.AsyncClient, headers: Headers, path: str, state: str) -> dict[str, Any] | None:
    found = await shown(client, headers, path)
    return found if found["state"] == state else None
