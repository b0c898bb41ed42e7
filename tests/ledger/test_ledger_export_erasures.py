"""What is erased does not outlive in the files of ledgers."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from e2e.people import eventually
from histories import History
from ledger.books import asked
from ledger.conftest import As, Enter, Headers
from ledger.export_jobs import maker_of, shown
from ledger.test_ledger_activities import recorded
from ledger_service.service.recording import record_slice
from operations.exporting import making
from operations.exporting.files import ExportFiles
from refusals import code_of
from runtime.clock import now

TENANT = "t-erased-exports"
NOW = now().astimezone(ZoneInfo("Asia/Shanghai"))
"""Ids tell when a complaint was received."""
DAY = timedelta(days=1)
_WAITING = sa.text("""
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


@pytest.fixture(autouse=True, scope="module")
def files(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> ExportFiles:
    app.state.export_files = ExportFiles(tmp_path_factory.mktemp("exports"))
    found: ExportFiles = app.state.export_files
    return found


@pytest.fixture
def operator(as_: As) -> Headers:
    return as_(Role.OPERATOR, tenant=TENANT)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def ledgers(client: httpx.AsyncClient, as_: As) -> None:
    """Ledgers that tell nothing but numbers, and external references besides."""
    for name, columns in (("bare", ["number"]), ("references", ["number", "external_ref"])):
        body = {"title": {"zh": "台账", "en": name}, "columns": columns}
        answer = await client.put(f"/ledgers/{name}", headers=as_(Role.ADMIN, tenant=TENANT), json=body)
        assert answer.status_code == 200, answer.text


def received() -> History:
    history = History(tenant=TENANT)
    history.received(description=said(history), external_ref=said(history), received_at=NOW)
    return history


def said(history: History) -> str:
    return f"canary {history.id}"


async def test_a_file_is_gone_with_what_was_erased(
    client: httpx.AsyncClient, engine: AsyncEngine, files: ExportFiles, enter: Enter, operator: Headers
) -> None:
    first, second = received(), received()
    await enter(first, second)
    ask = partial(asked, client, operator)
    bare, references = await ask(ledger="bare"), await ask(ledger="references")
    texts = await ask(ledger="by-category", **{"from": str(NOW.date()), "to": str(NOW.date())})
    maker = maker_of(engine, files)
    for _ in range(3):
        await maker.work()
    before = await ask(ledger="by-category", to=str((NOW - 3 * DAY).date()))
    activities = await ask(ledger="activities")
    for _ in range(2):
        await maker.work()

    await enter.raw(first.erased(texts=False), lambda value: value)
    assert code_of(await client.get(f"{references}/file", headers=operator)) == (410, "export-gone")
    assert said(first) in (await client.get(f"{texts}/file", headers=operator)).text, "the texts stay"
    await enter.raw(second.erased(), lambda value: value)
    assert code_of(await client.get(f"{texts}/file", headers=operator)) == (410, "export-gone")
    await maker.clear()
    for path in (references, texts):
        gone = await shown(client, operator, path)
        assert (gone["state"], gone["failure"], gone["file"]) == ("expired", "export-data-erased", None)
        assert not (files.path(gone["id"])).exists()
    for path in (bare, before, activities):
        assert (await client.get(f"{path}/file", headers=operator)).status_code == 200, "it has nothing of it"


@pytest.mark.parametrize(("ledger", "is_in_it"), [("by-category", True), ("references", True), ("bare", False)])
async def test_what_is_erased_while_it_is_written_is_not_in_the_file(
    client: httpx.AsyncClient, engine: AsyncEngine, files: ExportFiles, enter: Enter, operator: Headers,
    monkeypatch: pytest.MonkeyPatch, ledger: str, is_in_it: bool,
) -> None:  # fmt: skip
    history = received()
    await enter(history)
    path = await asked(client, operator, ledger=ledger)
    erasure = history.erased()
    loop, written = asyncio.get_running_loop(), making._write
    maker = maker_of(engine, files)

    def write_and_erase(*arguments: Any) -> None:
        written(*arguments)
        if history.events:
            history.events.clear()
            asyncio.run_coroutine_threadsafe(enter.raw(erasure, lambda value: value), loop).result(10)

    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", write_and_erase)
        await maker.work()
    assert (await shown(client, operator, path))["state"] == ("waiting" if is_in_it else "done")
    await maker.work()
    file = await client.get(f"{path}/file", headers=operator)
    assert (file.status_code, said(history) in file.text) == (200, False)


async def test_another_complaint_may_be_erased_while_it_is_written(
    client: httpx.AsyncClient, engine: AsyncEngine, files: ExportFiles, enter: Enter, operator: Headers
) -> None:
    history = received()
    await enter(history)
    path = await asked(client, operator, ledger="by-category", **{"from": str((NOW + 3 * DAY).date())})
    await _make_during(engine, files, history)
    assert (await shown(client, operator, path))["state"] == "done"


async def test_a_file_waits_for_an_erasure_that_is_under_way(
    client: httpx.AsyncClient, engine: AsyncEngine, files: ExportFiles, enter: Enter, operator: Headers
) -> None:
    """The erasure has looked for files when the export is nearly done, and is over after that."""
    history = received()
    await enter(history)
    path = await asked(client, operator, ledger="by-category")
    await _make_during(engine, files, history)
    assert (await shown(client, operator, path))["state"] == "waiting"
    await maker_of(engine, files).work()
    assert said(history) not in (await client.get(f"{path}/file", headers=operator)).text


async def _make_during(engine: AsyncEngine, files: ExportFiles, history: History) -> None:
    """Make the export while the complaint is being erased."""
    async with asyncio.TaskGroup() as group, engine.begin() as connection:
        await record_slice(connection, [history.erased()])
        group.create_task(maker_of(engine, files).work())
        await eventually(partial(_somebody_waits, engine))


async def _somebody_waits(engine: AsyncEngine) -> bool | None:
    async with engine.connect() as connection:
        return bool(await connection.scalar(_WAITING)) or None


@pytest.mark.parametrize(("ledger", "is_in_it"), [("words", True), ("counted", False)])
async def test_the_words_of_an_activity_do_not_outlive_it_in_files(
    client: httpx.AsyncClient, engine: AsyncEngine, files: ExportFiles, as_: As, operator: Headers,
    monkeypatch: pytest.MonkeyPatch, ledger: str, is_in_it: bool,
) -> None:  # fmt: skip
    admin = as_(Role.ADMIN, tenant=TENANT)
    columns = ["kind", "evidence" if is_in_it else "quantity"]
    definition = {"title": {"zh": "活动", "en": ledger}, "subject": "activities", "columns": columns}
    assert (await client.put(f"/ledgers/{ledger}", headers=admin, json=definition)).is_success
    first, _second = [await recorded(client, operator, evidence=[f"canary {number}"]) for number in range(2)]
    maker = maker_of(engine, files)
    before = await asked(client, operator, ledger=ledger)
    await maker.work()
    during = await asked(client, operator, ledger=ledger)
    loop, written = asyncio.get_running_loop(), making._write
    left = [first]

    def write_and_erase(*arguments: Any) -> None:
        written(*arguments)
        if left:
            path = f"/activities/{left.pop()['id']}/erasure"
            erasure = client.post(path, headers=admin, json={"reason": "登记号 2026-17"})
            assert asyncio.run_coroutine_threadsafe(erasure, loop).result(10).is_success

    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", write_and_erase)
        await maker.work()
    assert (await shown(client, operator, during))["state"] == ("waiting" if is_in_it else "done")
    earlier = await client.get(f"{before}/file", headers=operator)
    assert earlier.status_code == (410 if is_in_it else 200)
    await maker.work()
    file = await client.get(f"{during}/file", headers=operator)
    assert (file.status_code, "canary 0" in file.text, "canary 1" in file.text) == (200, False, is_in_it)
