"""Exports that are made in the background: progress, one at a time, restarts, cancelling, expiry, whose they are."""

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Message, Receive, Scope, Send

from contracts.roles import Role
from eventbus.driver import begin_snapshot
from ledger.books import EXPORT, Facts, asked, complaints
from ledger.conftest import As, Enter, Headers
from ledger.export_jobs import maker_of, shown
from ledger_service.service import exporting
from operations.exporting import jobs, making
from operations.exporting.files import ExportFiles
from operations.exporting.making import ExportMaker
from operations.sheets import workbook
from refusals import code_of

TENANT = "t-exports"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def facts(enter: Enter) -> Sequence[Facts]:
    made = complaints(TENANT)
    await enter(*[each.history for each in made])
    return made


@pytest.fixture(scope="module")
def files(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> ExportFiles:
    app.state.export_files = ExportFiles(tmp_path_factory.mktemp("exports"))
    found: ExportFiles = app.state.export_files
    return found


@pytest.fixture
def maker(engine: AsyncEngine, files: ExportFiles) -> ExportMaker:
    return maker_of(engine, files)


@pytest.fixture
def analyst(as_: As) -> Headers:
    return as_(Role.ANALYST, tenant=TENANT)


async def test_an_export_is_asked_for_made_and_fetched(
    facts: Sequence[Facts], maker: ExportMaker, client: httpx.AsyncClient, analyst: Headers, as_: As
) -> None:
    key = analyst | {"Idempotency-Key": "monthly"}
    body = EXPORT | {"from": "2026-03-02", "filters": {"source": ["hotline"]}}
    first = await client.post("/exports", headers=key, json=body)
    assert first.json()["state"] == "waiting"
    again = await client.post("/exports", headers=key, json=body)
    assert (again.status_code, again.headers["Location"]) == (202, first.headers["Location"])
    path = first.headers["Location"].removeprefix("/ledger/v1")
    assert code_of(await client.get(f"{path}/file", headers=analyst)) == (409, "export-not-ready")

    await maker.work()
    done = await shown(client, analyst, path)
    wanted = [each for each in facts if each.source == "hotline" and each.at >= facts[2].at]
    assert (done["state"], done["lines_done"], done["failure"]) == ("done", len(wanted), None)
    assert done["lines_about"] == len(wanted)
    assert done["file"] == f"/ledger/v1{path}/file"
    assert done["expires_at"] > done["finished_at"]

    for count in (1, 2):
        file = await client.get(f"{path}/file", headers=analyst)
        assert file.headers["Content-Disposition"] == 'attachment; filename="by-source.csv"'
        assert (len(file.content), file.headers["Content-Type"]) == (done["bytes"], "text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
        assert {row["Source"] for row in rows} == {"12345 hotline"}
        assert len(rows) == len(wanted)
        entries = (await client.get(f"/entries?subject={done['id']}", headers=analyst)).json()["items"]
        assert [(each["sequence"], each["actor"]) for each in entries] == [
            (n, "analyst-1") for n in range(count, 0, -1)
        ]
        assert entries[0]["data"]["lines"] == len(wanted)


async def test_an_export_is_its_askers_and_the_administrators(
    facts: Sequence[Facts], maker: ExportMaker, client: httpx.AsyncClient, analyst: Headers, as_: As
) -> None:
    path = await asked(client, analyst)
    await maker.work()
    strangers = [
        as_(Role.ANALYST, "analyst-2", tenant=TENANT),
        as_(Role.SUPERVISOR, tenant=TENANT),
        as_(Role.ADMIN, tenant="t-elsewhere"),
    ]
    for headers in strangers:
        for answer in (
            await client.get(path, headers=headers),
            await client.get(f"{path}/file", headers=headers),
            await client.delete(path, headers=headers),
        ):
            assert code_of(answer) == (404, "export-not-found")
        assert path.rpartition("/")[2] not in [
            each["id"] for each in (await shown(client, headers, "/exports"))["items"]
        ]
    admin = as_(Role.ADMIN, tenant=TENANT)
    assert (await client.get(f"{path}/file", headers=admin)).status_code == 200
    page = await client.get("/exports?limit=1", headers=admin)
    assert page.json()["items"][0]["id"] == path.rpartition("/")[2]
    assert 'rel="next"' in page.headers["Link"]
    for role in (Role.OFFICER, Role.INSPECTOR, Role.CITIZEN, Role.PARTNER):
        assert (await client.post("/exports", headers=as_(role), json=EXPORT)).status_code == 403


async def test_a_right_that_was_lost_is_missed(
    facts: Sequence[Facts], maker: ExportMaker, client: httpx.AsyncClient, as_: As
) -> None:
    """Somebody asks as a dispatcher, and is an analyst when the file is there."""
    path = await asked(client, as_(Role.DISPATCHER, "mover", tenant=TENANT), ledger="by-category")
    await maker.work()
    answer = await client.get(f"{path}/file", headers=as_(Role.ANALYST, "mover", tenant=TENANT))
    assert code_of(answer) == (403, "access-denied")
    assert (await client.get(f"{path}/file", headers=as_(Role.DISPATCHER, "mover", tenant=TENANT))).status_code == 200


async def test_one_is_made_at_a_time_of_a_tenant(
    facts: Sequence[Facts], maker: ExportMaker, engine: AsyncEngine, client: httpx.AsyncClient, analyst: Headers
) -> None:
    path = await asked(client, analyst)
    async with engine.connect() as other:
        await begin_snapshot(other)
        assert await jobs.try_lock(other, TENANT)
        await maker.work()
        assert (await shown(client, analyst, path))["state"] == "waiting"
    await asyncio.gather(maker.work(), maker.work())
    assert (await shown(client, analyst, path))["state"] == "done"


async def test_what_a_dead_worker_left_is_begun_again(
    facts: Sequence[Facts], maker: ExportMaker, engine: AsyncEngine, files: ExportFiles, client: httpx.AsyncClient,
    analyst: Headers,
) -> None:  # fmt: skip
    path = await asked(client, analyst, format="json")
    export_id = path.rpartition("/")[2]
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE export SET state = 'working', attempts = 1, lines_done = 5 WHERE id = CAST(:id AS uuid)"),
            {"id": export_id},
        )
    await maker.work()
    done = await shown(client, analyst, path)
    assert (done["state"], done["lines_done"]) == ("done", len(facts))
    assert (await client.get(f"{path}/file", headers=analyst)).json()["totals"]["lines"] == len(facts)

    again = await asked(client, analyst)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE export SET state = 'working', attempts = 3 WHERE id = CAST(:id AS uuid)"),
            {"id": again.rpartition("/")[2]},
        )
    whole = files.path(UUID(again.rpartition("/")[2]))
    whole.write_bytes(b"made by one that died before it could say so")
    await maker.work()
    assert not whole.exists()
    given_up = await shown(client, analyst, again)
    assert (given_up["state"], given_up["failure"]) == ("failed", "export-given-up")


async def test_a_worker_that_stops_leaves_its_export_to_the_next(
    facts: Sequence[Facts], maker: ExportMaker, files: ExportFiles, client: httpx.AsyncClient, analyst: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(exporting, "BATCH", 1)
    path = await asked(client, analyst)
    stop = asyncio.Event()
    written = making._write

    def write_and_stop(*arguments: Any) -> None:
        written(*arguments)
        stop.set()

    monkeypatch.setattr(making, "_write", write_and_stop)
    await asyncio.wait_for(maker.run(stop), 10)
    left = await shown(client, analyst, path)
    assert (left["state"], left["file"]) == ("waiting", None)
    assert list(files.path(left["id"]).parent.glob(f"{left['id']}*")) == []
    await maker_of(maker._engine, files).work()
    assert (await shown(client, analyst, path))["state"] == "done"


async def test_a_cancelled_export_has_no_file(
    facts: Sequence[Facts], maker: ExportMaker, files: ExportFiles, client: httpx.AsyncClient, analyst: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    waiting = await asked(client, analyst)
    assert (await client.delete(waiting, headers=analyst)).status_code == 204
    await maker.work()
    assert (await shown(client, analyst, waiting))["state"] == "cancelled"

    made = await asked(client, analyst)
    await maker.work()
    file = files.path((await shown(client, analyst, made))["id"])
    assert file.is_file()
    assert (await client.delete(made, headers=analyst)).status_code == 204
    assert not file.exists()
    assert code_of(await client.get(f"{made}/file", headers=analyst)) == (409, "export-not-ready")

    monkeypatch.setattr(exporting, "BATCH", 5)
    monkeypatch.setattr(making, "_PROGRESS_SECONDS", 0.0)
    half = await asked(client, analyst)
    loop, written = asyncio.get_running_loop(), making._write

    def write_and_cancel(*arguments: Any) -> None:
        written(*arguments)
        asyncio.run_coroutine_threadsafe(client.delete(half, headers=analyst), loop).result(10)

    monkeypatch.setattr(making, "_write", write_and_cancel)
    await maker.work()
    left = await shown(client, analyst, half)
    assert left["state"] == "cancelled"
    assert list(files.path(left["id"]).parent.glob(f"{left['id']}*")) == []


async def test_files_have_their_time(
    facts: Sequence[Facts], engine: AsyncEngine, files: ExportFiles, client: httpx.AsyncClient, analyst: Headers,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    maker = maker_of(engine, files, timedelta(0))
    path = await asked(client, analyst)
    await maker.work()
    file = files.path((await shown(client, analyst, path))["id"])
    stray = file.with_name(f"{file.name[:-1]}{'1' if file.name[-1] == '0' else '0'}.1.part")
    stray.write_bytes(b"half")
    assert file.is_file()
    await maker.clear()
    assert (file.exists(), stray.exists()) == (False, True)
    assert (await shown(client, analyst, path))["state"] == "expired"
    assert code_of(await client.get(f"{path}/file", headers=analyst)) == (410, "export-gone")
    monkeypatch.setattr(making, "_STRAY_SECONDS", -1.0)
    await maker.clear()
    assert not stray.exists()


async def test_what_is_fetched_is_whole_whoever_removes_it_meanwhile(
    facts: Sequence[Facts], maker: ExportMaker, files: ExportFiles, app: FastAPI, client: httpx.AsyncClient,
    analyst: Headers,
) -> None:  # fmt: skip
    path = await asked(client, analyst)
    await maker.work()
    done = await shown(client, analyst, path)

    async def with_janitor(scope: Scope, receive: Receive, send: Send) -> None:
        async def remove_first(message: Message) -> None:
            files.path(UUID(done["id"])).unlink(missing_ok=True)
            await send(message)

        await app(scope, receive, remove_first)

    transport = httpx.ASGITransport(with_janitor)
    async with httpx.AsyncClient(transport=transport, base_url=client.base_url) as other:
        file = await other.get(f"{path}/file", headers=analyst)
        assert (file.status_code, len(file.content)) == (200, done["bytes"])
        assert code_of(await other.get(f"{path}/file", headers=analyst)) == (410, "export-gone")


async def test_what_cannot_be_made_says_why(
    facts: Sequence[Facts], maker: ExportMaker, engine: AsyncEngine, client: httpx.AsyncClient, analyst: Headers,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(workbook, "MOST_ROWS", 20)
    path = await asked(client, analyst, format="xlsx")
    await maker.work()
    assert (await shown(client, analyst, path))["failure"] == "export-too-long-for-workbook"
    monkeypatch.undo()

    (tmp_path / "taken").write_text("a file where the folder should be")
    homeless = maker_of(engine, ExportFiles(tmp_path / "taken"))
    path = await asked(client, analyst, format="xlsx")
    await homeless.work()
    assert (await shown(client, analyst, path))["failure"] == "export-not-stored"

    path = await asked(client, analyst, format="xlsx")
    await maker.work()
    file = await client.get(f"{path}/file", headers=analyst)
    assert openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0].max_row == 4 + len(facts) + 3 + 2
