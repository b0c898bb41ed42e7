"""Communities and grids in files of complaints are called as dispatch tells; programs are given their codes."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import Area, CommunityChanged, DirectoryEvent, GridChanged
from contracts.envelope import Event
from contracts.roles import Role
from intake.conftest import TENANT, As
from intake.directory import heard
from intake.export_jobs import asked, maker_of
from intake.searches import put, taken
from intake_service.events.directory import SUBSCRIPTION
from intake_service.service import export_making
from operations.exporting.files import ExportFiles
from runtime.lifecycle import Service

SQUARE: Any = [[[[107.2, 26.5], [107.3, 26.5], [107.3, 26.6], [107.2, 26.5]]]]
TOLD = ("金海社区", "第一网格")
CODES = ("c-2", "g-2")
NOWHERE = ("", "")


def community(
    name: str, sequence: int, tenant: str = TENANT, *, code: str = "c-1", removed: bool = False
) -> Event[Any]:
    data = CommunityChanged(code=code, removed=removed, name=name, sub_district="金海街道")
    return heard(DirectoryEvent.COMMUNITY_CHANGED, "community", data, sequence, tenant=tenant)


def grid(name: str, sequence: int, tenant: str = TENANT, *, code: str = "g-1", removed: bool = False) -> Event[Any]:
    area = Area(coordinates=SQUARE)
    data = GridChanged(
        code=code, removed=removed, version=sequence, name=name, community="c-1", team="team-1", area=area
    )
    return heard(DirectoryEvent.GRID_CHANGED, "grid", data, sequence, tenant=tenant)


async def hear(engine: AsyncEngine, *events: Event[Any]) -> None:
    """Let intake hear those of the types that it takes from the topic."""
    async with engine.begin() as connection:
        await SUBSCRIPTION.handler(connection, [event for event in events if event.type in SUBSCRIPTION.types])


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(
    client: httpx.AsyncClient, service: Service, engine: AsyncEngine, as_: As,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    service.app.state.export_files = ExportFiles(tmp_path_factory.mktemp("exports"))
    await put(engine, await taken(client, as_), community="c-1", grid="g-1")
    await put(engine, await taken(client, as_), community="c-2", grid="g-2")
    await taken(client, as_)
    await hear(engine, community(TOLD[0], 3), grid(TOLD[1], 3))


class Files:
    """Who has all complaints as a file, and reads in it where each is."""

    def __init__(self, client: httpx.AsyncClient, service: Service, headers: dict[str, str]) -> None:
        self.client, self.service, self.headers = client, service, headers

    async def at_once(self, form: str) -> list[tuple[str, str]]:
        return await self._places(f"/complaints.{form}?sort=oldest", form)

    async def in_the_background(self, form: str) -> list[tuple[str, str]]:
        path = await asked(self.client, self.headers, format=form, filters={"sort": "oldest"})
        await maker_of(self.service).work()
        return await self._places(f"{path}/file", form)

    async def _places(self, path: str, form: str) -> list[tuple[str, str]]:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        lines = _lines(answer.content, form)
        return [(line["Community"] or "", line["Grid"] or "") for line in lines]


def _lines(content: bytes, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    if form == "xlsx":
        _, _, head, *rows = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]
    if form == "geojson":
        facts = [feature["properties"] for feature in json.loads(content)["features"]]
    else:
        facts = [json.loads(line) for line in content.splitlines()]
    return [{"Community": each["community"], "Grid": each["grid"]} for each in facts]


@pytest.fixture
def files(client: httpx.AsyncClient, service: Service, as_: As) -> Files:
    return Files(client, service, as_(Role.OPERATOR))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_people_read_names_and_codes_that_nobody_told(files: Files, form: str) -> None:
    assert await files.at_once(form) == [TOLD, CODES, NOWHERE]
    assert await files.in_the_background(form) == [TOLD, CODES, NOWHERE]


@pytest.mark.parametrize("form", ["ndjson", "geojson"])
async def test_programs_read_codes(files: Files, form: str) -> None:
    assert await files.at_once(form) == [("c-1", "g-1"), CODES, NOWHERE]
    assert await files.in_the_background(form) == [("c-1", "g-1"), CODES, NOWHERE]


async def test_a_name_of_the_other_kind_or_of_another_county_is_none(engine: AsyncEngine, files: Files) -> None:
    elsewhere = (community("别处", 9, "t-elsewhere", code=code) for code in ("c-1", "c-2"))
    await hear(engine, *elsewhere, grid("别格", 9, "t-elsewhere", code="g-2"))
    await hear(engine, community("不是网格", 1, code="g-2"), grid("不是社区", 1, code="c-2"))
    assert await files.at_once("csv") == [TOLD, CODES, NOWHERE]


async def test_the_newest_name_counts_and_a_removed_place_keeps_its_own(engine: AsyncEngine, files: Files) -> None:
    await hear(engine, community("旧名", 2), grid("旧格", 2))
    assert (await files.at_once("csv"))[0] == TOLD
    await hear(engine, community("中间", 4), community("新社区", 5, removed=True), grid("新网格", 4, removed=True))
    assert (await files.at_once("csv"))[0] == ("新社区", "新网格")
    await hear(engine, community(TOLD[0], 6), grid(TOLD[1], 6))
    assert (await files.at_once("csv"))[0] == TOLD


async def test_names_are_read_once_of_each_file(
    engine: AsyncEngine, service: Service, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_making, "BATCH", 1)
    asked_for = list[str]()

    def note(*call: Any) -> None:
        asked_for.extend(each for each in call[2:3] if "place_name" in each)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    assert await files.in_the_background("csv") == [TOLD, CODES, NOWHERE]
    sa.event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(asked_for) == 1
