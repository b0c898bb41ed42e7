"""Ledgers as files: CSV, XLSX as it is printed, JSON; each download is an entry before its first byte."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.books import TEXT, Facts, chosen, complaints
from ledger.conftest import As, Enter, Headers
from ledger_service.service import exporting
from refusals import code_of

TENANT = "t-files"
ZONE = ZoneInfo("Asia/Shanghai")
MAY = {Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.ANALYST, Role.ADMIN}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def facts(enter: Enter) -> Sequence[Facts]:
    made = complaints(TENANT)
    await enter(*[each.history for each in made], *[each.history for each in complaints("t-neighbour", 5)])
    return made


@pytest.fixture
def supervisor(as_: As) -> Headers:
    return as_(Role.SUPERVISOR, tenant=TENANT)


async def entered(client: httpx.AsyncClient, headers: Headers) -> list[dict[str, Any]]:
    answer = await client.get("/entries?type=export.made", headers=headers)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_csv_is_for_spreadsheets_that_run_nothing(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers
) -> None:
    answer = await client.get("/ledgers/by-category.csv?community=c-1", headers=supervisor)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="by-category.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfNumber,Received,")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    wanted = set(chosen(facts, {"community": ["c-1"]}))
    assert len(rows) == len(wanted) > 2
    assert {row["Description"] for row in rows} == {"'" + TEXT}
    by_number = {f"{TENANT}-{each.history.id.hex[-12:]}": each for each in facts}
    for row in rows:
        fact = by_number[row["Number"]]
        assert fact.id in wanted
        assert row["Received"] == fact.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        assert row["On time"] == {True: "Yes", False: "No", None: ""}[fact.on_time]


async def test_a_workbook_is_a_sheet_that_an_office_prints(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers
) -> None:
    chinese = supervisor | {"Accept-Language": "zh-CN"}
    answer = await client.get(
        "/ledgers/by-category.xlsx?from=2026-03-01&to=2026-03-31&source=hotline&source=grid_patrol", headers=chinese
    )
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["Content-Language"] == "zh-CN"
    [page] = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    assert page.title == "诉求类别台账"
    assert (page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToWidth) == ("landscape", 9, 1)
    assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert (page.print_title_rows, page.freeze_panes) == ("$4:$4", "A5")
    assert page.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert {str(each) for each in page.merged_cells.ranges} == {"A1:N1", "A2:N2", "A3:N3"}
    lines = [[cell.value for cell in row] for row in page.iter_rows()]
    assert lines[0][0] == "诉求类别台账"
    assert lines[1][0] == "统计期间：2026-03-01 至 2026-03-31（按受理时间）"
    assert lines[2][0] == "筛选条件：事件来源：12345热线、网格日常巡查"
    assert lines[3][:3] == ["编号", "受理时间", "类别"]

    wanted = [each for each in facts if each.source in ("hotline", "grid_patrol")]
    body = [row for row in lines[4:] if row[1] is not None]
    assert len(body) == len(wanted)
    assert {row[4] for row in body} == {TEXT}
    assert {page.cell(5, place).data_type for place in (1, 5)} <= {"s", "inlineStr"}
    assert not any(cell.data_type == "f" for row in page.iter_rows() for cell in row)
    by_number = {f"{TENANT}-{each.history.id.hex[-12:]}": each for each in wanted}
    for row in body:
        local = by_number[row[0]].at.astimezone(ZONE).replace(tzinfo=None)
        assert abs((row[1] - local).total_seconds()) < 1

    sums = [row[0] for row in lines[4:] if row[1] is None]
    in_time, late = (sum(each.on_time is is_so for each in wanted) for is_so in (True, False))
    assert [each.split("：")[0] for each in sums[:-1]] == ["小计 公用设施", "小计 街面秩序", "小计 （空）", "合计"]
    assert sums[-2].startswith(f"合计：{len(wanted)} 条，按期 {in_time} 条，超期 {late} 条，处置方式：")
    guided = sum(each.handling_mode == "guidance" for each in wanted)
    assert f"宣传引导 {guided}" in sums[-2] or not guided
    assert sums[-1].startswith("生成时间：")
    assert sums[-1].endswith("（Asia/Shanghai）  生成人：supervisor-1")
    columns = page.column_dimensions
    assert columns["A"].width > columns["J"].width > 5


async def test_english_is_understood(facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers) -> None:
    answer = await client.get("/ledgers/overdue.xlsx?lang=en", headers=supervisor)
    [page] = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    lines = [[cell.value for cell in row] for row in page.iter_rows()]
    late = len(chosen(facts, {"on_time": False}))
    assert lines[1][0] == "Period: all, by the time of “Received”"
    assert lines[2][0] == "Filters: On time: No"
    assert lines[-2][0].startswith(f"Total: {late} lines, 0 on time, {late} late; Handling mode: ")


async def test_json_is_for_programs(facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers) -> None:
    document = json.loads((await client.get("/ledgers/on-complaint.json?team=team-01", headers=supervisor)).content)
    wanted = [each for each in facts if not each.proactive and each.team == "team-01" and each.status != "received"]
    assert (document["ledger"], document["generated_by"], len(document["lines"])) == (
        "on-complaint", "supervisor-1", len(wanted),
    )  # fmt: skip
    assert document["totals"]["lines"] == len(wanted)
    assert document["totals"]["late"] == sum(each.on_time is False for each in wanted)
    assert {line["handling_mode"] for line in document["lines"]} == {each.handling_mode for each in wanted}
    assert document["lines"][0]["received_at"].endswith("Z")
    empty = json.loads((await client.get("/ledgers/on-complaint.json?team=nobody", headers=supervisor)).content)
    assert (empty["lines"], empty["totals"]["lines"]) == ([], 0)


async def test_each_download_is_an_entry(facts: Sequence[Facts], client: httpx.AsyncClient, as_: As) -> None:
    analyst = as_(Role.ANALYST, "analyst-7", tenant=TENANT)
    before = len(await entered(client, analyst))
    answer = await client.get("/ledgers/by-category.csv?from=2026-03-02&category=street_order", headers=analyst)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert "evil.test" not in answer.text
    newest, *others = await entered(client, analyst)
    assert len(others) == before
    assert (newest["actor"], newest["complaint_id"]) == ("analyst-7", None)
    told = newest["data"]
    assert (told["ledger"], told["format"], told["from"], told["to"], told["lines"]) == (
        "by-category", "csv", "2026-03-02", None, len(rows) - 1,
    )  # fmt: skip
    assert told["narrowed"] == {"category": ["street_order"]}
    assert "description" not in told["columns"]

    await client.get("/export", headers=as_(Role.ADMIN, tenant=TENANT))
    assert (await entered(client, analyst))[0]["data"]["ledger"] == "sealed"


async def test_who_may_download(facts: Sequence[Facts], client: httpx.AsyncClient, as_: As) -> None:
    for role in Role:
        answer = await client.get("/ledgers/by-source.csv", headers=as_(role, tenant="t-nobody"))
        assert answer.status_code == (200 if role in MAY else 403)


async def test_too_much_is_refused_with_the_way_to_have_it(
    facts: Sequence[Facts],
    app: FastAPI,
    client: httpx.AsyncClient,
    supervisor: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.state.exporting, "most_lines", len(facts) - 1)
    before = await entered(client, supervisor)
    answer = await client.get("/ledgers/by-source.xlsx", headers=supervisor)
    assert code_of(answer) == (413, "export-too-large")
    assert (answer.json()["limit"], answer.json()["exports"]) == (len(facts) - 1, "/ledger/v1/exports")
    assert await entered(client, supervisor) == before
    assert (await client.get("/ledgers/by-source.xlsx?source=hotline", headers=supervisor)).status_code == 200


async def test_a_process_makes_so_many_at_once(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    answer = await client.get("/ledgers/by-source.csv", headers=supervisor)
    assert code_of(answer) == (503, "exports-busy")
    assert answer.headers["Retry-After"]
    monkeypatch.undo()
    for _ in range(exporting.AT_ONCE + 1):
        assert (await client.get("/ledgers/by-source.csv", headers=supervisor)).status_code == 200


async def test_whoever_hangs_up_ends_the_statement(
    facts: Sequence[Facts], app: FastAPI, engine: AsyncEngine, supervisor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client leaves when the first piece is there; nothing of the download is left then."""
    monkeypatch.setattr(exporting, "BATCH", 1)
    is_begun, is_gone = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await is_gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            is_begun.set()
            await asyncio.sleep(3600)  # a client that takes nothing more

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "path": "/ledger/v1/ledgers/by-source.csv", "raw_path": b"/ledger/v1/ledgers/by-source.csv",
        "query_string": b"", "scheme": "http", "server": ("ledger.test", 80), "client": ("127.0.0.1", 1),
        "headers": [(b"authorization", supervisor["Authorization"].encode())],
    }  # fmt: skip
    request = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(is_begun.wait(), 10)
    assert await readers(engine) == 1
    is_gone.set()
    await asyncio.wait_for(request, 10)
    assert await readers(engine) == 0
    assert app.state.exporting.making == 0


async def readers(engine: AsyncEngine) -> int:
    """Count the transactions in which lines are read."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
    async with engine.connect() as connection:
        return int((await connection.execute(text(query))).scalar_one())
