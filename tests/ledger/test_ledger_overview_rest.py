"""The overview and the map of open cases over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_str as h3
import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import CommunityChanged, DutyChanged, TeamChanged
from contracts.events import Place
from contracts.roles import Role
from histories import TENANT
from ledger.conftest import As, Enter
from ledger.lives import Draw, Life
from ledger.test_ledger_directory import told
from ledger_service.api.open_case_schemas import OpenCaseCollection
from ledger_service.domain.overview import Day
from ledger_service.events.directory import SUBSCRIPTION
from ledger_service.service import overview as overviews

LITTER: dict[str, Any] = {"category": "environment.litter", "location": Place(lon=107.25, lat=26.6)}


class Case(Life):
    """One that comes in now."""

    def __init__(self, *steps: str, community: str = "fulai", tenant: str = TENANT, **facts: Any) -> None:
        self._facts = facts
        now = datetime.now(UTC)  # not when the tests were collected: lights change within the hour
        midnight = Day.of(now, ZoneInfo("Asia/Shanghai")).begins
        super().__init__(tenant, max(midnight, now - timedelta(minutes=30)), now)
        for step in steps:
            self.step(step, Draw(community=community))

    def received(self, **changes: object) -> Any:
        return super().received(**{**changes, **self._facts})


WORKED = ("assigned", "accepted", "started", "resolved", "verified", "closed", "rated")


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def county(service: Any, enter: Enter, engine: AsyncEngine) -> AsyncIterator[dict[str, Case]]:
    """Four open cases and a closed one, in two communities, of which one is in the directory."""
    cases = {
        "new": Case(),
        "litter": Case("assigned", **LITTER),
        "far": Case("assigned", "accepted", community="maixi", location=Place(lon=107.3, lat=26.7)),
        "nowhere": Case("assigned", location=Place(address="某处")),
        "closed": Case(*WORKED),
        "theirs": Case("assigned", tenant="600099"),
    }
    await enter(*cases.values())
    said = [
        CommunityChanged(code="fulai", name="福来社区", sub_district="金南街道"),
        CommunityChanged(code="gone", name="旧社区", sub_district="金南街道", removed=True),
        TeamChanged(code="team-01", name="一队", community="fulai"),
        TeamChanged(code="team-02", name="二队", community="maixi", removed=True),
        *(DutyChanged(code=f"team-0{number}", planned=4, on_duty=3, at=datetime.now(UTC)) for number in (1, 2)),
    ]
    await SUBSCRIPTION.apply(engine, [told(each) for each in said])
    yield cases


@pytest.fixture
def get(client: httpx.AsyncClient, as_: As) -> Any:
    async def asked(path: str, role: Role = Role.ANALYST, code: int = 200, **params: Any) -> Any:
        answer = await client.get(path, params=params, headers=as_(role))
        assert answer.status_code == code, answer.text
        return answer.json()

    return asked


async def test_it_shows_the_county_and_each_community(get: Any, county: dict[str, Case]) -> None:
    seen = await get("/overview")
    assert seen["timezone"] == "Asia/Shanghai"
    assert seen["open"]["total"] == sum(seen["open"]["lights"].values()) == 4
    assert seen["open"]["by_status"]["received"] == 1
    assert seen["flow"]["received"] == sum(hour["flow"]["received"] for hour in seen["by_hour"]) == 5
    assert (seen["duty"], [team["name"] for team in seen["teams"]]) == ({"planned": 4, "on_duty": 3}, ["一队"])
    assert seen["satisfaction"] == {"satisfied": 1, "basically_satisfied": 0, "dissatisfied": 0}
    assert [each["community"] for each in seen["communities"]] == [
        {"code": "fulai", "name": "福来社区"},
        {"code": "maixi", "name": None},
    ]
    assert [each["open"]["total"] for each in seen["communities"]] == [2, 1]
    newest = seen["latest"][0]
    assert (newest["type"], newest["to"], newest["community"]["name"]) == (
        "complaint.feedback_received", "closed", "福来社区",
    )  # fmt: skip
    assert "游摊" not in str(seen)


async def test_it_shows_one_community_alone(get: Any) -> None:
    seen = await get("/overview", community="maixi")
    assert (seen["open"]["total"], seen["flow"]["assigned"], seen["duty"]["planned"]) == (1, 1, 0)
    assert {line["community"]["code"] for line in seen["latest"]} == {"maixi"}
    assert [each["community"]["code"] for each in seen["communities"]] == ["maixi"]
    refused = await get("/overview", community="nowhere", code=404)
    assert refused["type"] == "urn:jieban:problem:community-unknown"
    await get("/overview", community="gone", code=404)


async def test_who_sees_what(get: Any, client: httpx.AsyncClient, as_: As) -> None:
    for path in ("/overview", "/complaints.geojson"):
        await get(path, Role.CITIZEN, code=403)
        await get(path, Role.PARTNER, code=403)
        assert (await client.get(path)).status_code == 401
        answer = await client.get(path, headers=as_(Role.ANALYST, tenant="600099"))
        body = answer.json()
        assert (body.get("open") or {"total": len(body.get("features", ""))})["total"] == 1


async def test_the_tag_stays_for_as_long_as_the_figures_do(client: httpx.AsyncClient, as_: As, enter: Enter) -> None:
    headers = as_(Role.ANALYST, tenant="600098")

    async def ask(tag: str | None = None) -> httpx.Response:
        await asyncio.sleep(overviews.KEPT_SECONDS)
        return await client.get("/overview", headers={**headers, **({"If-None-Match": tag} if tag else {})})

    first = await ask()
    same = await ask(f'"x", {first.headers["ETag"]}')
    assert (same.status_code, same.content) == (304, b"")
    await enter(Case(tenant="600098"))
    other = await ask(first.headers["ETag"])
    assert (other.status_code, other.json()["open"]["total"]) == (200, 1)
    assert other.headers["ETag"] != first.headers["ETag"]


async def test_all_who_ask_in_a_second_share_one_reading(app: FastAPI, get: Any, monkeypatch: Any) -> None:
    readings = 0
    read = overviews.read_overview

    async def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal readings
        readings += 1
        return await read(*arguments, **options)

    monkeypatch.setattr(overviews, "read_overview", counted)
    await asyncio.sleep(overviews.KEPT_SECONDS)
    await asyncio.gather(*(get("/overview", top=number % 3) for number in range(30)))
    assert readings == 1


@pytest.mark.parametrize("top", ["-1", "51", "x"])
async def test_a_bad_number_of_hot_spots_is_refused(get: Any, top: str) -> None:
    assert (await get("/overview", top=top, code=422))["errors"][0]["pointer"] == "query/top"


def numbers(collection: Any) -> list[str]:
    return [feature["properties"]["number"] for feature in collection["features"]]


def number(case: Case) -> str:
    return str(case.events[0].data.model_dump()["number"])


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, ["litter", "far", "new"]),
        ({"status": "open"}, ["litter", "far", "new"]),
        ({"status": ["received", "accepted"]}, ["far", "new"]),
        ({"status": ["received", "open"]}, ["litter", "far", "new"]),
        ({"category": "environment"}, ["litter"]),
        ({"category": "environ"}, []),
        ({"community": "maixi"}, ["far"]),
        ({"grid": "grid-99"}, []),
        ({"team": "team-01"}, ["litter", "far"]),
        ({"bbox": "107.2,26.5,107.26,26.61"}, ["litter", "new"]),
        ({"light": "red"}, []),
        ({"light": "green"}, ["litter", "far"]),
    ],
)
async def test_the_map_shows_open_cases_by_urgency(
    get: Any, county: dict[str, Case], params: dict[str, Any], wanted: list[str]
) -> None:
    collection = await get("/complaints.geojson", **params)
    assert numbers(collection) == [number(county[name]) for name in wanted]
    assert (collection["truncated"], collection["cells"]) == (False, [])
    assert OpenCaseCollection.model_validate(collection).model_dump(mode="json", exclude_unset=True) == collection


async def test_what_is_too_much_is_counted_in_cells_and_what_is_nowhere_beside(
    get: Any, county: dict[str, Case]
) -> None:
    collection = await get("/complaints.geojson", limit=1, resolution=7)
    assert numbers(collection) == [number(county["litter"])]
    assert collection["features"][0]["geometry"] == {"type": "Point", "coordinates": [107.25, 26.6]}
    assert collection["truncated"] is True
    assert collection["unplaced"] == 1
    cells = {cell["cell"]: cell["count"] for cell in collection["cells"]}
    places = [(26.7, 107.3), (26.5807, 107.2357)]
    assert cells == {h3.latlng_to_cell(*place, 7): 1 for place in places}


async def test_what_people_wrote_is_for_those_who_work_with_it(get: Any) -> None:
    shown = await get("/complaints.geojson", Role.DISPATCHER, description=True)
    assert {feature["properties"]["description"] for feature in shown["features"]} == {"小区门口游摊占道"}
    assert "游摊" not in str(await get("/complaints.geojson", Role.DISPATCHER))
    refused = await get("/complaints.geojson", Role.ANALYST, code=403, description=True)
    assert refused["type"] == "urn:jieban:problem:access-denied"


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"status": "closed"}, "query/status/0"),
        ({"light": "blue"}, "query/light"),
        ({"limit": 4001}, "query/limit"),
        ({"limit": 0}, "query/limit"),
        ({"bbox": "1,2,3"}, "query/bbox"),
        ({"resolution": 15}, "query/resolution"),
    ],
)
async def test_a_bad_filter_is_named(get: Any, params: dict[str, Any], pointer: str) -> None:
    refused = await get("/complaints.geojson", code=422, **params)
    assert refused["errors"][0]["pointer"] == pointer


async def test_today_is_found_by_the_index_on_time(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        options = await connection.scalar(sa.text("SELECT reloptions FROM pg_class WHERE relname = 'entry_by_time'"))
    assert options == ["autosummarize=on"]
