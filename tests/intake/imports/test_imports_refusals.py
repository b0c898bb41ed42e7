"""What cannot be imported, how much may be, and what becomes of imports whose file is lost."""

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import Role
from intake.conftest import As
from intake.imports.desk import FILE_BYTES, MOST_ROWS, WAITING, Desk, counts, rows
from intake.reports import UNLUCKY, unlucky
from intake_service.api import imports
from intake_service.persistence.import_tables import import_job
from intake_service.service import importing
from operations.importing import reading
from operations.sheets import reading as sheets
from refusals import code_of, errors_of
from runtime.clock import now

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


async def test_what_cannot_be_imported_is_refused_at_once(desk: Desk, folder: Path) -> None:
    lacking = await desk.send("requested_datetime,lat,long\n2024-01-01,26.5,107.2\n", mapping="open311")
    assert code_of(lacking) == (422, "import-columns-missing")
    messages = [each["message"] for each in lacking.json()["errors"]]
    assert set(errors_of(lacking)) == {("/file", "import-column-missing")}
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


async def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 32 << 20
    for module in (reading, sheets):
        monkeypatch.setattr(module, "MOST_BYTES", most)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(most + 1))
    content = file.getvalue()
    assert len(content) < FILE_BYTES
    tracemalloc.start()
    answer = await desk.send(content, "bomb.xlsx")
    assert tracemalloc.get_traced_memory()[1] < most // 4
    tracemalloc.stop()
    assert code_of(answer) == (422, "import-file-unreadable")
    assert "32" in answer.json()["detail"].replace(",", "")
    assert not list((folder / "imports").iterdir())


async def test_a_row_that_fails_for_no_reason_of_its_own_ends_no_import(desk: Desk) -> None:
    job = await desk.begun(rows("luck", 3, **{"1": UNLUCKY}))
    async with unlucky(desk.engine):
        await desk.work()
    assert counts(await desk.seen(job)) == ("done", 3, 2, 0, 1, 100)
    [told] = await desk.rejected(job)
    assert (told["row"], told["external_ref"], "went wrong" in told["problem"]) == ("3", "luck-001", True)
    assert await desk.filed("luck-") == ["luck-000", "luck-002"]


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
    for path in (f"imports/{jobs[0]}", f"imports/{jobs[0]}/rejected.csv", f"imports/{jobs[0]}/warnings.csv"):
        assert code_of(await desk.client.get(path, headers=other)) == (404, "import-not-found")
    assert (await desk.client.post(f"imports/{jobs[0]}/cancellation", headers=other)).status_code == 404


async def test_an_import_is_for_who_has_sent_it_and_supervisors(desk: Desk, as_: As) -> None:
    job = await desk.begun(rows("mine", 2, **{"1": "a\0b"}))
    paths = (f"imports/{job}", f"imports/{job}/rejected.csv", f"imports/{job}/warnings.csv")
    colleague, supervisor = as_(Role.OPERATOR, "another-operator"), as_(Role.SUPERVISOR)
    for headers, expected, listed in ((colleague, 404, False), (supervisor, 200, True), (desk.me, 200, True)):
        assert [(await desk.client.get(path, headers=headers)).status_code for path in paths] == [expected] * 3
        items = (await desk.client.get("imports", headers=headers)).json()["items"]
        assert (job in [each["id"] for each in items]) is listed
    refused = await desk.client.post(f"imports/{job}/cancellation", headers=colleague)
    assert code_of(refused) == (404, "import-not-found")
    assert (await desk.seen(job))["state"] == "waiting"
    stopped = await desk.client.post(f"imports/{job}/cancellation", headers=supervisor)
    assert stopped.json()["state"] == "cancelled"
    assert (await desk.client.post("imports", headers=supervisor)).status_code == 403


async def test_what_no_text_can_hold_is_refused_row_by_row(desk: Desk) -> None:
    job = await desk.begun(rows("odd", 3, **{"1": "a\0b"}))
    await desk.work()
    assert counts(await desk.seen(job))[:5] == ("done", 3, 2, 0, 1)
    assert (await desk.rejected(job))[0]["row"] == "3"
