"""Imports over REST: jobs that go on after a restart, and file each row once."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.roles import Role
from intake.conftest import SECRET, TENANT, As
from intake.reports import code_of, errors_of
from intake_service.api import imports
from intake_service.main import build
from intake_service.persistence import import_jobs
from intake_service.persistence.import_tables import import_job
from intake_service.persistence.tables import complaint
from intake_service.service import importing
from runtime.auth import TokenVerifier
from runtime.clock import now
from runtime.database import run_migrations
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings

HEADER = "external_ref,description,lon,lat,address,occurred_at"
FILE_BYTES = 200_000
MOST_ROWS = 300
WAITING = 3
BAD_MAPPINGS = (
    "- 1",
    "about: 2024-13-45",
    "about: !!bool x",
    "about: !!timestamp x",
    "about: !!str x",
    'about: "\\uD800"',
    'set: {source: "\\0"}',
    f"header_row: {'9' * 4_301}",
    f"set: {{source: 0x{'f' * 4_000}}}",
    f"0x{'f' * 4_000}",
    "set: &a {source: hotline}\ntables: {source: *a}",
    "set: {source: hotline, source: grid_patrol}",
    "set: {source: [hotline]}",
    "tables: {source: {a: {b: c}}}",
    "times: ['%d%d']",
    "times: ['%Q']",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("imports"))


def replica(database_url: str, folder: Path) -> Service:
    settings = RuntimeSettings(
        intake_database_url=database_url,
        token_secret=SecretStr(SECRET),
        tenant=TENANT,
        attachments_dir=folder,
        import_max_bytes=FILE_BYTES,
        import_max_rows=MOST_ROWS,
        imports_waiting=WAITING,
    )
    return build(settings, TokenVerifier(settings))


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


class Desk:
    """An operator who imports."""

    def __init__(self, client: httpx.AsyncClient, as_: As, service: Service, engine: AsyncEngine) -> None:
        self.client, self.service, self.engine = client, service, engine
        self.me = as_(Role.OPERATOR)

    async def send(
        self, content: bytes | str, name: str = "rows.csv", key: str | None = None, **fields: str
    ) -> httpx.Response:
        file = {"file": (name, content if isinstance(content, bytes) else content.encode(), "text/csv")}
        headers = {**self.me, "Idempotency-Key": key} if key else self.me
        return await self.client.post("imports", files=file, data=fields, headers=headers)

    async def begun(self, content: bytes | str, name: str = "rows.csv", **fields: str) -> str:
        answer = await self.send(content, name, None, **fields)
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/intake/v1/imports/{answer.json()['id']}"
        return str(answer.json()["id"])

    async def work(self, service: Service | None = None, stop: asyncio.Event | None = None) -> None:
        await (service or self.service).app.state.importing.work(stop or asyncio.Event())

    async def seen(self, job: str) -> dict[str, Any]:
        answer = await self.client.get(f"imports/{job}", headers=self.me)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def rejected(self, job: str) -> list[dict[str, str]]:
        answer = await self.client.get(f"imports/{job}/rejected.csv", headers=self.me)
        assert answer.headers["content-type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    async def filed(self, prefix: str) -> list[str]:
        query = sa.select(complaint.c.external_ref).where(complaint.c.external_ref.startswith(prefix))
        async with self.engine.connect() as connection:
            return sorted((await connection.execute(query)).scalars())


@pytest.fixture
def desk(client: httpx.AsyncClient, as_: As, service: Service, engine: AsyncEngine) -> Desk:
    return Desk(client, as_, service, engine)


def rows(prefix: str, count: int, **changes: str) -> str:
    lines = [f"{prefix}-{n:03},{changes.get(str(n), f'路灯不亮 {n}')},107.2357,26.5807,三号路,2024-02-28 11:25"
             for n in range(count)]  # fmt: skip
    return "\n".join([HEADER, *lines]) + "\n"


def counts(seen: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(seen[name] for name in ("state", "rows", "accepted", "known", "rejected", "percent"))


async def test_a_file_becomes_complaints_and_what_was_refused_is_told(desk: Desk, folder: Path) -> None:
    text = rows("walk", 12).replace("walk-004,路灯不亮 4,107.2357", "walk-004,路灯不亮 4,407.2357")
    job = await desk.begun(text.replace("2024-02-28 11:25\nwalk-008", "yesterday\nwalk-008"))
    assert counts(await desk.seen(job)) == ("waiting", None, 0, 0, 0, 0)
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 12, 10, 0, 2, 100)
    told = await desk.rejected(job)
    assert [(each["row"], each["external_ref"], each["field"]) for each in told] == [
        ("6", "walk-004", "location.lon"), ("9", "walk-007", "occurred_at"),
    ]  # fmt: skip
    assert len(await desk.filed("walk-")) == 10
    assert not list((folder / "imports").iterdir()), "what somebody wrote does not stay about"
    [listed] = [each for each in (await desk.client.get("imports", headers=desk.me)).json()["items"]
                if each["id"] == job]  # fmt: skip
    assert listed == await desk.seen(job)


async def test_a_workbook_with_a_mapping_of_its_own(desk: Desk) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "内容", "地点"])
    book.active.append(["book-1", "井盖破损", "麦溪路"])
    book.active.append(["book-2", "=1+1", "麦溪路"])
    file = io.BytesIO()
    book.save(file)
    mapping = "map: {external_ref: 编号, description: 内容, location.address: 地点}\nset: {source: hotline}\n"
    job = await desk.begun(file.getvalue(), "工单.xlsx", mapping=mapping)
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 2, 1, 0, 1, 100)
    assert [each["problem"] for each in await desk.rejected(job)] == ["a formula"]


async def test_of_long_rows_few_go_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_SIZE_AT_ONCE", 100)
    settle, lines = import_jobs.settle, list[int]()

    async def settling(connection: Any, job: Any, tally: import_jobs.Tally, now: Any) -> Any:
        lines.append(tally.line)
        return await settle(connection, job, tally, now)

    monkeypatch.setattr(import_jobs, "settle", settling)
    job = await desk.begun(rows("wide", 5, **{"0": "路灯不亮" * 30, "2": "路灯不亮" * 30}))
    await desk.work()
    assert lines == [2, 4, 6]
    assert counts(await desk.seen(job)) == ("done", 5, 5, 0, 0, 100)


async def test_a_dry_run_checks_and_files_nothing(desk: Desk) -> None:
    job = await desk.begun(rows("dry", 3), dry_run="true")
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 3, 3, 0, 0, 100)
    assert await desk.filed("dry-") == []


async def test_the_same_file_is_known_the_second_time(desk: Desk) -> None:
    text = rows("again", 5)
    first = await desk.begun(text)
    await desk.work()
    second = await desk.begun(text)
    await desk.work()
    assert [(await desk.seen(job))["accepted"] for job in (first, second)] == [5, 0]
    assert (await desk.seen(second))["known"] == 5
    assert len(await desk.filed("again-")) == 5


async def test_a_replica_that_stops_is_followed_by_another(
    desk: Desk, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await desk.begun(rows("stop", 35))
    stop, settle = asyncio.Event(), import_jobs.settle

    async def stopping(*given: Any) -> str | None:
        stop.set()
        return await settle(*given)

    monkeypatch.setattr(import_jobs, "settle", stopping)
    await desk.work(stop=stop)
    monkeypatch.setattr(import_jobs, "settle", settle)
    assert counts(await desk.seen(job)) == ("running", 35, 10, 0, 0, 28)
    other = replica(database_url, folder)
    await other.open()
    await desk.work(other)
    await other.close()
    assert counts(await desk.seen(job)) == ("done", 35, 35, 0, 0, 100)
    assert len(await desk.filed("stop-")) == 35


async def test_what_was_filed_and_not_noted_is_counted_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await desk.begun(rows("crash", 25))
    settle, calls = import_jobs.settle, 0

    async def dying(*given: Any) -> str | None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionResetError
        return await settle(*given)

    monkeypatch.setattr(import_jobs, "settle", dying)
    with pytest.raises(ConnectionResetError):
        await desk.work()
    assert len(await desk.filed("crash-")) == 20
    assert (await desk.seen(job))["accepted"] == 10
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 25, 25, 0, 0, 100)
    assert len(await desk.filed("crash-")) == 25


async def test_what_two_have_done_is_counted_once_and_left_to_the_first(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await desk.begun(rows("both", 15))
    settle = import_jobs.settle

    async def twice(*given: Any) -> Any:
        await settle(*given)
        return await settle(*given)

    monkeypatch.setattr(import_jobs, "settle", twice)
    await desk.work()
    monkeypatch.setattr(import_jobs, "settle", settle)
    assert counts(await desk.seen(job)) == ("running", 15, 10, 0, 0, 66)
    assert len(list((folder / "imports").iterdir())) == 1
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 15, 15, 0, 0, 100)


async def test_of_several_replicas_one_does_it(desk: Desk, database_url: str, folder: Path) -> None:
    job = await desk.begun(rows("many", 60))
    others = [replica(database_url, folder) for _ in range(2)]
    for each in others:
        await each.open()
    await asyncio.gather(*(desk.work(each) for each in (desk.service, *others)))
    for each in others:
        await each.close()
    assert counts(await desk.seen(job)) == ("done", 60, 60, 0, 0, 100)


async def test_a_cancelled_import_stops_and_counts_what_was_filed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await desk.begun(rows("cancel", 30))
    settle = import_jobs.settle

    async def cancelling(*given: Any) -> str | None:
        await desk.client.post(f"imports/{job}/cancellation", headers=desk.me)
        return await settle(*given)

    monkeypatch.setattr(import_jobs, "settle", cancelling)
    await desk.work()
    monkeypatch.setattr(import_jobs, "settle", settle)
    seen = await desk.seen(job)
    assert (seen["state"], seen["accepted"], len(await desk.filed("cancel-"))) == ("cancelled", 10, 10)
    again = await desk.client.post(f"imports/{job}/cancellation", headers=desk.me)
    assert code_of(again) == (409, "import-has-ended")


async def test_what_cannot_be_imported_is_refused_at_once(desk: Desk, folder: Path) -> None:
    lacking = await desk.send("requested_datetime,lat,long\n2024-01-01,26.5,107.2\n", mapping="open311")
    assert code_of(lacking) == (422, "import-columns-missing")
    messages = [each["message"] for each in lacking.json()["errors"]]
    assert {pointer for pointer, _ in errors_of(lacking)} == {"/file"}
    assert any("external_ref from {service_request_id}" in each for each in messages)
    assert len(messages) >= 2, "all that are missing"
    for content, name, fields, expected in (
        (rows("bad", 1), "rows.pdf", {}, (422, "import-kind-unknown")),
        (rows("bad", 1), "rows", {}, (422, "import-kind-unknown")),
        (rows("bad", 1), "a.csv", {"mapping": "map: ["}, (422, "import-mapping-invalid")),
        (rows("bad", 1), "a.csv", {"mapping": "map: {nothing: x}"}, (422, "import-mapping-invalid")),
        (rows("bad", 1), "a.csv", {"mapping": "/etc/passwd"}, (422, "import-mapping-invalid")),
        (b"\xff\xfe\x00\x01,\xff", "a.csv", {}, (422, "import-file-unreadable")),
        (b"PK\x03\x04 no book", "a.xlsx", {}, (422, "import-file-unreadable")),
        (b"", "a.csv", {}, (422, "import-file-unreadable")),
        (rows("bad", 1), "a.csv", {"dry_run": "perhaps"}, (422, "validation-failed")),
        (rows("bad", 1), "a.csv", {"more": "x"}, (422, "validation-failed")),
        (bytes(FILE_BYTES + 1), "a.csv", {}, (413, "import-file-too-large")),
    ):
        answer = await desk.send(content, name, None, **fields)
        assert code_of(answer) == expected, answer.text
        assert str(folder) not in answer.text
    for mapping in BAD_MAPPINGS:
        answer = await desk.send(rows("bad", 1), mapping=mapping)
        assert code_of(answer) == (422, "import-mapping-invalid"), answer.text
    assert not list((folder / "imports").iterdir())


async def test_too_many_rows_end_it_before_the_first_is_filed(desk: Desk) -> None:
    job = await desk.begun(rows("long", MOST_ROWS + 1))
    await desk.work()
    seen = await desk.seen(job)
    assert (seen["state"], seen["failure"], seen["accepted"]) == ("failed", "import-too-many-rows", 0)


async def test_an_import_whose_file_is_lost_ends(desk: Desk, folder: Path) -> None:
    job = await desk.begun(rows("lost", 2))
    [file] = (folder / "imports").iterdir()
    file.unlink()
    await desk.work()
    await desk.service.app.state.importing.clean()
    assert (await desk.seen(job))["state"] == "waiting", "another replica may have it"
    async with desk.engine.begin() as connection:
        await connection.execute(
            sa.update(import_job).where(import_job.c.id == UUID(job)).values(updated_at=now() - importing.LOST_AFTER)
        )
    await desk.service.app.state.importing.clean()
    seen = await desk.seen(job)
    assert (seen["state"], seen["failure"], bool(seen["finished_at"])) == ("failed", "import-file-lost", True)


async def test_a_file_stays_where_it_is_not_known_whether_its_import_was_begun(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def losing(connection: AsyncConnection, *_given: Any) -> None:
        await connection.commit()
        raise ConnectionResetError

    monkeypatch.setattr(imports, "_answer", losing)
    answer = await desk.send(rows("unsure", 3))
    assert answer.status_code == 503, answer.text
    await desk.work()
    assert len(await desk.filed("unsure-")) == 3
    assert not list((folder / "imports").iterdir())


async def test_limits_keys_and_rights(desk: Desk, as_: As) -> None:
    text, key = rows("key", 2), "import-key"
    first, again = [await desk.send(text, key=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert code_of(await desk.send(rows("key", 3), key=key)) == (422, "idempotency-key-reused")
    jobs = [first.json()["id"], *[await desk.begun(rows(f"key{n}", 1)) for n in range(WAITING - 1)]]
    assert code_of(await desk.send(rows("key9", 1))) == (429, "too-many-imports")
    for job in jobs:
        stopped = await desk.client.post(f"imports/{job}/cancellation", headers=desk.me)
        assert stopped.json()["state"] == "cancelled"
    for headers, status in (({}, 401), (as_(Role.CITIZEN), 403), (as_(Role.PARTNER), 403)):
        assert (await desk.client.post("imports", headers=headers)).status_code == status
        assert (await desk.client.get(f"imports/{jobs[0]}", headers=headers)).status_code == status
    other = as_(Role.OPERATOR, tenant="110105")
    for path in (f"imports/{jobs[0]}", f"imports/{jobs[0]}/rejected.csv"):
        assert code_of(await desk.client.get(path, headers=other)) == (404, "import-not-found")
    assert (await desk.client.post(f"imports/{jobs[0]}/cancellation", headers=other)).status_code == 404


async def test_what_no_text_can_hold_is_refused_row_by_row(desk: Desk) -> None:
    job = await desk.begun(rows("odd", 3, **{"1": "a\0b"}))
    await desk.work()
    assert counts(await desk.seen(job))[:5] == ("done", 3, 2, 0, 1)
    assert (await desk.rejected(job))[0]["row"] == "3"
