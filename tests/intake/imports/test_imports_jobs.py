"""Imports over REST: jobs that go on after a restart, and file each row once."""

import asyncio
import io
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
import sqlalchemy as sa

import outboxes
from intake.conftest import TENANT
from intake.imports.desk import Desk, counts, replica, rows
from intake.test_intake_stations import hear, post_event
from intake_service.api.import_texts import ENDED_ZH
from intake_service.api.imports import ImportView
from intake_service.persistence import import_jobs
from intake_service.persistence.tables import complaint, reporter
from intake_service.service import importing
from refusals import code_of


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


async def test_who_reports_stays_in_intake_without_a_mapping(desk: Desk) -> None:
    lines = ["who-1,路灯不亮,麦溪路,王某,13800000000,来电", "who-2,井盖破损,麦溪路,,,", "who-3,噪声,麦溪路,李某,无,"]
    job = await desk.begun("\n".join(["编号,描述,地址,姓名,联系电话,渠道", *lines]) + "\n")
    await desk.work()
    assert counts(await desk.seen(job)) == ("done", 3, 2, 0, 1, 100)
    [told] = await desk.rejected(job)
    assert (told["external_ref"], told["column"], told["field"]) == ("who-3", "联系电话", "reporter.phone")
    assert await desk.filed("who-") == ["who-1", "who-2"]
    query = sa.select(complaint.c.id, reporter.c.name, reporter.c.phone).outerjoin(
        reporter, reporter.c.complaint_id == complaint.c.id
    )
    async with desk.engine.connect() as connection:
        people = (await connection.execute(query.where(complaint.c.external_ref == "who-1"))).one()
    assert people[1:] == ("王某", "13800000000")
    [received] = await outboxes.published(desk.engine, people.id)
    assert received["data"]["attributes"] == {"渠道": "来电"}


@pytest.mark.parametrize("dry_run", ["true", "false"])
async def test_rows_of_unknown_stations_are_filed_and_told(desk: Desk, dry_run: str) -> None:
    await hear(desk.engine, post_event(TENANT, "kiosk-1"))
    mapping = (
        "map: {external_ref: 编号, description: 内容, location.address: 地点, station: 站点}\n"
        "set: {source: liaison_station}\n"
    )
    lines = [f"{dry_run}-{code},占道经营,麦溪路,{code}" for code in ("kiosk-1", "kiosk-9")]
    text = "\n".join(["编号,内容,地点,站点", *lines, f"{dry_run}-none,占道经营,,kiosk-9"]) + "\n"
    job = await desk.begun(text, mapping=mapping, dry_run=dry_run)
    await desk.work()
    seen = await desk.seen(job)
    assert (counts(seen), seen["warned"]) == (("done", 3, 2, 0, 1, 100), 1)
    [told] = await desk.rejected(job, "warnings")
    assert (told["row"], told["external_ref"], told["column"], told["field"]) == (
        "3", f"{dry_run}-kiosk-9", "站点", "station",
    )  # fmt: skip
    assert "kiosk-9" in told["problem"]
    assert [each["row"] for each in await desk.rejected(job)] == ["4"]
    other = await desk.begun(rows(f"plain-{dry_run}", 1))
    await desk.work()
    assert ((await desk.seen(other))["warned"], await desk.rejected(other, "warnings")) == (0, [])


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
    again = await desk.client.post(f"imports/{job}/cancellation", headers=desk.me | {"Accept-Language": "zh"})
    assert code_of(again) == (409, "import-has-ended")
    assert again.json()["detail"] == "导入任务已结束（已取消），不能取消。"


def test_every_way_to_end_has_a_chinese_name() -> None:
    states = get_args(ImportView.model_fields["state"].annotation)
    assert set(ENDED_ZH) == set(states) - set(import_jobs.OPEN)
