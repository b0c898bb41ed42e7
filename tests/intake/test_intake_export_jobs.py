"""Files of complaints that are made in the background: what is in them, whose they are, and who fetched them."""

import csv
import io
from typing import Any

import httpx
import pytest
import pytest_asyncio
from openpyxl import load_workbook
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.export_jobs import asked, maker_of, shown
from intake.searches import put, read, taken
from intake_service.service import export_making
from operations.exporting.files import ExportFiles
from refusals import code_of, errors_of
from runtime.lifecycle import Service

PHONE = {"name": "王芳", "phone": "138 0000 1234"}


@pytest.fixture(autouse=True, scope="module")
def files(service: Service, tmp_path_factory: pytest.TempPathFactory) -> ExportFiles:
    service.app.state.export_files = ExportFiles(tmp_path_factory.mktemp("exports"))
    found: ExportFiles = service.app.state.export_files
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> list[str]:
    at = {"lon": 107.2, "lat": 26.5, "address": "福来社区3栋"}
    made = [
        await taken(client, as_, "盲道停车", reporter=PHONE, location=at),
        await taken(client, as_, "占道\n停车", category="street_order"),
        await taken(client, as_, "停车举报", kind="report", reporter={**PHONE, "confidential": True}),
        await taken(client, as_, "停车，不知在哪里", location={"address": "某处"}),
    ]
    await put(engine, made[1], status="closed")
    await read(engine)
    return made


@pytest.mark.parametrize(
    ("filters", "query"),
    [({"q": "停车", "status": ["open"]}, "q=停车&status=open"), ({"sort": "oldest"}, "sort=oldest")],
)
@pytest.mark.parametrize("form", ["csv", "xlsx", "ndjson", "geojson"])
async def test_a_file_is_what_a_download_would_be(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str], monkeypatch: pytest.MonkeyPatch,
    form: str, filters: dict[str, Any], query: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(export_making, "BATCH", 1)
    operator = as_(Role.OPERATOR)
    path = await asked(client, operator, format=form, filters=filters, reporters=True)
    assert code_of(await client.get(f"{path}/file", headers=operator)) == (409, "export-not-ready")
    await maker_of(service).work()
    done = await shown(client, operator, path)
    expected = (3 if "q" in filters else 4) - (form == "geojson")
    assert (done["state"], done["lines_done"], done["lines_about"]) == ("done", expected, expected)
    assert (done["format"], done["filters"], done["reporters"]) == (form, filters, True)
    file = await client.get(done["file"].removeprefix("/intake/v1"), headers=operator)
    download = await client.get(f"/complaints.{form}?{query}&reporters=true", headers=operator)
    for name in ("Content-Type", "Content-Disposition", "Content-Language"):
        assert file.headers[name] == download.headers[name]
    assert len(file.content) == done["bytes"]
    if form == "xlsx":
        assert rows_of(file.content) == rows_of(download.content)
    else:
        assert file.content == download.content


def rows_of(workbook: bytes) -> list[Any]:
    """Return the lines with their headings; what is above says when it was made."""
    return list(load_workbook(io.BytesIO(workbook)).active.iter_rows(min_row=3, values_only=True))


async def test_a_download_of_too_many_leads_there(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.app.state.exporting, "_most", 2)
    answer = await client.get("/complaints.csv", headers=as_(Role.OPERATOR))
    assert code_of(answer) == (413, "complaints-export-too-large")
    assert (answer.json()["limit"], answer.json()["exports"]) == (2, "/intake/v1/exports")
    assert "/intake/v1/exports" in answer.json()["detail"]


async def test_a_saved_filter_counts_where_nothing_else_is_said(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str]
) -> None:
    operator = as_(Role.OPERATOR)
    body = {"name": "待办停车", "filters": {"q": "停车", "status": ["open"]}}
    saved = (await client.post("/filters", json=body, headers=operator)).json()["id"]
    path = await asked(client, operator, filter=saved, filters={"status": ["ended"]})
    await maker_of(service).work()
    file = await client.get(f"{path}/file", headers=operator)
    [line] = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    assert line["Id"] == made[1]
    unknown = await client.post("/exports", json={"format": "csv", "filter": made[0]}, headers=operator)
    assert code_of(unknown) == (404, "saved-filter-not-found")


async def test_only_its_maker_fetches_a_file(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str]
) -> None:
    mine = as_(Role.OPERATOR, "maker")
    path = await asked(client, mine)
    await maker_of(service).work()
    for headers in (as_(Role.OPERATOR, "other"), as_(Role.SUPERVISOR), as_(Role.ADMIN, tenant="110000")):
        for answer in (
            await client.get(path, headers=headers),
            await client.get(f"{path}/file", headers=headers),
            await client.delete(path, headers=headers),
        ):
            assert code_of(answer) == (404, "export-not-found")
        assert path.rpartition("/")[2] not in [
            each["id"] for each in (await shown(client, headers, "/exports?limit=200"))["items"]
        ]
    admin = as_(Role.ADMIN)
    assert (await shown(client, admin, "/exports?limit=1"))["items"][0]["id"] == path.rpartition("/")[2]
    assert code_of(await client.get(f"{path}/file", headers=admin)) == (404, "export-not-found")
    assert (await client.get(f"{path}/file", headers=mine)).status_code == 200
    for role in (Role.ANALYST, Role.OFFICER, Role.INSPECTOR, Role.CITIZEN, Role.PARTNER):
        assert (await client.post("/exports", headers=as_(role), json={"format": "csv"})).status_code == 403


async def test_reporters_are_told_to_who_may_know_them_when_the_file_is_fetched(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str]
) -> None:
    refused = await client.post("/exports", headers=as_(Role.DISPATCHER), json={"format": "csv", "reporters": True})
    assert code_of(refused) == (403, "access-denied")
    path = await asked(client, as_(Role.SUPERVISOR, "mover"), format="csv", reporters=True)
    await maker_of(service).work()
    for role in (Role.DISPATCHER, Role.OPERATOR, Role.ADMIN):
        answer = await client.get(f"{path}/file", headers=as_(role, "mover"))
        assert code_of(answer) == (403, "access-denied"), role
    answer = await client.get(f"{path}/file", headers=as_(Role.SUPERVISOR, "mover"))
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [each["Phone"] for each in lines] == ["", PHONE["phone"], "", PHONE["phone"]]


async def test_each_time_that_it_is_fetched_is_a_disclosure(
    client: httpx.AsyncClient, service: Service, as_: As, made: list[str]
) -> None:
    auditee = as_(Role.OPERATOR, "auditee")
    path = await asked(client, auditee, format="ndjson", filters={"q": "停车"}, reporters=True)
    await maker_of(service).work()
    for count in (1, 2):
        await client.get(f"{path}/file", headers=auditee)
        kept = (await client.get("/disclosures", headers=auditee)).json()["items"]
        assert len(kept) == count
        expected = {"kind": "export", "form": "ndjson", "reporters": True, "complaints": 4, "filters": {"q": "停车"}}
        assert expected.items() <= kept[0].items()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"format": "pdf"}, ("/format", "literal_error")),
        ({"filters": {"status": ["lost"]}}, ("/filters/status/0", "enum")),
        ({"filters": {"nothing": 1}}, ("/filters/nothing", "extra_forbidden")),
        ({"columns": ["owner"]}, ("/columns", "extra_forbidden")),
    ],
)
async def test_bad_orders_are_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = await client.post("/exports", headers=as_(Role.OPERATOR), json={"format": "csv"} | changes)
    assert (answer.status_code, errors_of(answer)) == (422, [error])


async def test_nobody_asks_without_end_and_what_is_cancelled_is_not_made(
    client: httpx.AsyncClient, service: Service, files: ExportFiles, as_: As, made: list[str]
) -> None:
    greedy = as_(Role.OPERATOR, "greedy")
    paths = [await asked(client, greedy) for _ in range(5)]
    answer = await client.post("/exports", headers=greedy, json={"format": "csv"})
    assert code_of(answer) == (429, "too-many-exports")
    for path, headers in zip(paths, [greedy, as_(Role.ADMIN)], strict=False):
        assert (await client.delete(path, headers=headers)).status_code == 204
    for _ in range(3):
        await maker_of(service).work()
    states = [(await shown(client, greedy, path))["state"] for path in paths]
    assert states == ["cancelled", "cancelled", "done", "done", "done"]
    assert (await client.delete(paths[2], headers=greedy)).status_code == 204
    assert not files.path((await shown(client, greedy, paths[2]))["id"]).exists()
