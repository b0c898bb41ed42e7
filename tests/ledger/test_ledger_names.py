"""Communities, grids, teams and departments have the names that dispatch has told, their codes where it told none."""

import csv
import io
import json
from typing import Any

import httpx
import openpyxl
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.books import complaints
from ledger.conftest import As, Enter, Headers
from ledger.eventful import Eventful
from ledger.test_ledger_directory import COMMUNITY, GRID, TEAM, WATER, told
from ledger_service.events.directory import SUBSCRIPTION

TENANT = "t-names"
GROUPED: dict[str, Any] = {
    "title": {"zh": "单位台账", "en": "By unit"},
    "columns": ["number", "community", "grid", "team", "team_name"],
    "group_by": "team",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(engine: AsyncEngine, enter: Enter) -> None:
    """Of communities `c-0` to `c-4`, with a grid each, the first is known, and of two teams the first."""
    await enter(*[each.history for each in complaints(TENANT)])
    named = (
        COMMUNITY.model_copy(update={"code": "c-1"}),
        GRID.model_copy(update={"code": "g-1", "community": "c-1"}),
        TEAM.model_copy(update={"community": "c-1"}),
    )
    await SUBSCRIPTION.apply(engine, [told(each, tenant=TENANT) for each in named])


@pytest.fixture
def supervisor(as_: As) -> Headers:
    return as_(Role.SUPERVISOR, tenant=TENANT)


async def test_tables_of_ledgers_have_names(client: httpx.AsyncClient, supervisor: Headers) -> None:
    answer = await client.get("/ledgers/by-community.csv", headers=supervisor)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {row["Community"] for row in rows} == {"福来社区", "c-0", "c-2", "c-3", "c-4", ""}
    assert {row["Grid"] for row in rows} == {"一网格", "g-0", "g-2", "g-3", "g-4", ""}
    for row in rows:
        assert (row["Community"] == "福来社区") is (row["Grid"] == "一网格")


async def test_printed_ledgers_have_names_in_sums_and_filters(
    client: httpx.AsyncClient, supervisor: Headers, as_: As
) -> None:
    admin = as_(Role.ADMIN, tenant=TENANT)
    assert (await client.put("/ledgers/by-unit", headers=admin, json=GROUPED)).status_code == 200
    query = "team=team-01&team=team-02&community=c-1&community=c-2&grid=g-1&grid=g-2&lang=zh"
    answer = await client.get(f"/ledgers/by-unit.xlsx?{query}", headers=supervisor)
    [page] = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    lines = [[cell.value for cell in row] for row in page.iter_rows()]
    assert lines[2][0] == "筛选条件：社区：福来社区、c-2；网格：一网格、g-2；处置单位：一队、team-02"
    assert {tuple(line[1:4]) for line in lines[4:] if line[1]} == {
        (community, grid, team)
        for community, grid in (("福来社区", "一网格"), ("c-2", "g-2"))
        for team in ("team-01", "team-02")
    }
    assert [line[0].partition("：")[0] for line in lines[4:-1] if not line[1]] == ["小计 一队", "小计 team-02", "合计"]


async def test_a_unit_has_its_name_unless_that_stands_beside_its_code(
    client: httpx.AsyncClient, supervisor: Headers, as_: As
) -> None:
    admin = as_(Role.ADMIN, tenant=TENANT)
    for columns, shown in ((["team"], {"一队", "team-02"}), (["team", "team_name"], {"team-01", "team-02"})):
        body = {**GROUPED, "columns": columns}
        assert (await client.put("/ledgers/of-units", headers=admin, json=body)).status_code == 200
        answer = await client.get("/ledgers/of-units.csv?lang=zh", headers=supervisor)
        rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert {row["处置单位"] for row in rows} - {""} == shown


async def test_tables_name_departments(client: httpx.AsyncClient, as_: As, engine: AsyncEngine, enter: Enter) -> None:
    """In a tenant of their own, since nobody else's complaints are transferred."""
    tenant = "t-departments"
    await SUBSCRIPTION.apply(engine, [told(WATER, tenant=tenant)])
    histories = [Eventful(tenant=tenant) for _ in range(2)]
    for history, code in zip(histories, ("water", "power"), strict=True):
        history.received()
        history.assigned()
        history.transferred(code)
    await enter(*histories)
    admin = as_(Role.ADMIN, tenant=tenant)
    body = {"title": {"zh": "转办台账", "en": "Transfers"}, "columns": ["department"]}
    assert (await client.put("/ledgers/transfers", headers=admin, json=body)).status_code == 200
    answer = await client.get("/ledgers/transfers.csv?lang=zh", headers=admin)
    [heading, *lines] = answer.content.decode("utf-8-sig").splitlines()
    assert (heading, sorted(lines)) == ("转办部门", ["power", "水务局"])
    page = await client.get("/ledgers/transfers/lines", headers=admin)
    assert {line["department"] for line in page.json()["items"]} == {"water", "power"}


async def test_json_keeps_the_codes(client: httpx.AsyncClient, supervisor: Headers) -> None:
    document = json.loads((await client.get("/ledgers/by-community.json?community=c-1", headers=supervisor)).content)
    assert {(line["community"], line["grid"]) for line in document["lines"]} == {("c-1", "g-1")}


async def test_statistics_name_them(client: httpx.AsyncClient, supervisor: Headers) -> None:
    for by, code, name, unknown in (
        ("community", "c-1", "福来社区", "c-2"),
        ("grid", "g-1", "一网格", "g-2"),
        ("team", "team-01", "一队", "team-02"),
    ):
        path = f"/statistics/indicators?from=2026-03-01&to=2026-03-31&by={by}&indicator=closing_rate"
        rows = (await client.get(path, headers=supervisor)).json()["rows"]
        names = {row["key"][by]: row["names"] for row in rows}
        assert (names[code], names[unknown]) == ({by: {"zh": name, "en": name}}, {})
        table = (await client.get(f"{path}&format=csv", headers=supervisor)).text
        assert {name, unknown} <= {line.partition(",")[0] for line in table.splitlines()}
        ranking = await client.get(path.replace("indicators", "ranking"), headers=supervisor)
        assert {row["key"]: row["name"] for row in ranking.json()["rows"]}[code] == {"zh": name, "en": name}


@pytest.mark.parametrize(
    ("query", "begin"),
    [
        ("community=c-1&team=team-01&lang=zh", "2026年3月1日，福来社区，一队，"),
        ("community=c-2&team=team-02&lang=zh", "2026年3月1日，社区 c-2，网格队 team-02，"),
        ("community=c-1&team=team-02&lang=en", "On 1 March 2026, community 福来社区, team team-02: "),
    ],
)
async def test_a_bulletin_names_them(client: httpx.AsyncClient, supervisor: Headers, query: str, begin: str) -> None:
    answer = await client.get(f"/bulletin?from=2026-03-01&to=2026-03-01&{query}", headers=supervisor)
    assert answer.json()["text"].startswith(begin)
