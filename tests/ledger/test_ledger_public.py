"""What everybody may see: nothing of a tenant that does not want it, and of one that does, nobody."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.directory import CategoryChanged
from contracts.events import Place
from contracts.roles import Role
from histories import BEGIN, TENANT
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger.test_ledger_directory import told
from ledger_service.domain.publication import Publication
from ledger_service.events.directory import SUBSCRIPTION
from ledger_service.service.publishing import publish_due

ZONE = ZoneInfo("Asia/Shanghai")
CHOICE = {"is_on": True, "first_month": "2026-03", "category_level": 2}
MARCH = "public/522723/{}?month=2026-03"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def told_of(engine: AsyncEngine) -> None:
    """Let intake tell of the category that is chosen here and that the platform does not ship."""
    await SUBSCRIPTION.apply(engine, [told(CategoryChanged(code="noise", version=2, zh="噪声", en="Noise"))])


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def empty(engine: AsyncEngine) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        tables = "ledger_complaint, public_setting, public_month, public_complaint, public_cell"
        await connection.execute(text(f"TRUNCATE {tables}"))
    yield


def complaint(
    category: str, community: str, received_at: datetime = BEGIN + timedelta(days=3), *, lon: float = 107.2357
) -> Eventful:
    """One that was closed two days later, in time."""
    history = Eventful()
    place = Place(lon=lon, lat=26.5807, address="福来社区 3 栋 2 单元")
    history.received(category=category, received_at=received_at, location=place, description="张三家楼下有噪声")
    history.assigned(community=community)
    for step in (history.accepted, history.started, history.resolved, history.verified, history.closed):
        step()
        history.at(received_at + timedelta(days=2, hours=3))
    return history


@pytest.fixture
def choose(client: httpx.AsyncClient, as_: As, engine: AsyncEngine) -> Any:
    async def choose(**changes: Any) -> None:
        answer = await client.put("public/settings", headers=as_(Role.ADMIN), json={**CHOICE, **changes})
        assert answer.status_code == 200, answer.text
        await publish_due(engine, ZONE)

    return choose


async def _march(enter: Enter) -> list[Eventful]:
    made = [complaint("street_order.vendors.stall", "fulai") for _ in range(12)]
    made += [complaint("street_order.vendors", "maixi") for _ in range(7)]
    made += [complaint("street_order.vendors", "xingui") for _ in range(2)]
    made += [complaint("noise.night", "fulai") for _ in range(3)]
    made += [complaint("noise.day", "fulai", lon=107.9) for _ in range(6)]
    await enter(*made)
    return made


async def test_nothing_is_public_until_a_tenant_wants_it(client: httpx.AsyncClient, enter: Enter) -> None:
    await _march(enter)
    for path in ("months", "complaints?month=2026-03", "map?month=2026-03", "figures?month=2026-03"):
        for tenant in (TENANT, "999999"):
            answer = await client.get(f"public/{tenant}/{path}")
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:jieban:problem:nothing-public")


async def test_figures_keep_small_counts_and_what_would_tell_them(
    client: httpx.AsyncClient, enter: Enter, choose: Any
) -> None:
    await _march(enter)
    await choose()
    answer = await client.get(MARCH.format("figures"))
    assert answer.json() == {
        "month": "2026-03",
        "k": 5,
        "received": 30,
        "closed": 30,
        "timed": 0,
        "in_time": 0,
        "rated": 0,
        "satisfied": 0,
        # three of noise.night would be told by the total, so noise.day is withheld with them
        "categories": [{"category": "street_order.vendors", "received": 21, "communities": {"fulai": 12}}],
        "communities": {"fulai": 12},
    }
    months = (await client.get("public/522723/months")).json()["items"]
    assert [each["month"] for each in months][-1] == "2026-03"


async def test_a_list_says_nothing_that_leads_to_anybody(client: httpx.AsyncClient, enter: Enter, choose: Any) -> None:
    made = await _march(enter)
    await choose()
    answer = await client.get(MARCH.format("complaints") + "&limit=200")
    items = answer.json()["items"]
    assert len(items) == 30
    groups = Counter((each["category"], each["community"]) for each in items)
    assert groups == {("street_order.vendors", "fulai"): 12, ("street_order.vendors", None): 9, (None, None): 9}
    assert items[0].keys() == {"ref", "month", "category", "community", "zh", "en", "days", "handling_mode"}
    assert {(each["zh"], each["days"], each["handling_mode"]) for each in items} == {("已办结", 2, "guidance")}
    secrets = [str(each.id) for each in made] + ["张三", "3 栋", "107.23", "citizen-1", "officer-1", "team-01"]
    assert not [word for word in secrets if word in json.dumps(items, ensure_ascii=False)]


async def test_pages_and_filters_of_the_list(client: httpx.AsyncClient, enter: Enter, choose: Any) -> None:
    await _march(enter)
    await choose()
    found = await client.get(MARCH.format("complaints") + "&community=fulai&limit=200")
    assert len(found.json()["items"]) == 12
    found = await client.get(MARCH.format("complaints") + "&category=noise.night")
    assert found.json()["items"] == []
    refs: list[str] = []
    page = await client.get(MARCH.format("complaints") + "&limit=20")
    refs += [each["ref"] for each in page.json()["items"]]
    page = await client.get(f"http://ledger.test{page.links['next']['url']}")
    refs += [each["ref"] for each in page.json()["items"]]
    assert len(set(refs)) == 30
    assert refs == sorted(refs)
    assert "next" not in page.links


async def test_the_map_has_cells_with_enough_and_rounds_them_down(
    client: httpx.AsyncClient, enter: Enter, choose: Any
) -> None:
    await _march(enter)
    await enter(*[complaint("noise.day", "fulai", lon=108.5) for _ in range(4)])
    await choose()
    answer = await client.get(MARCH.format("map"))
    assert answer.headers["Content-Type"] == "application/geo+json"
    features = answer.json()["features"]
    assert sorted(each["properties"]["at_least"] for each in features) == [5, 20]  # of 6 and 24
    for each in features:
        [ring] = each["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert len(ring) == 7


async def test_a_month_is_published_once_and_a_change_counts_for_the_next(
    client: httpx.AsyncClient, enter: Enter, choose: Any, engine: AsyncEngine
) -> None:
    await _march(enter)
    await choose()
    before = (await client.get(MARCH.format("figures"))).json()
    await enter(complaint("noise.night", "fulai"))
    await choose(k=3, category_level=1)
    assert (await client.get(MARCH.format("figures"))).json() == before
    await choose(is_on=False)
    assert (await client.get(MARCH.format("figures"))).status_code == 404
    await choose(k=3)
    assert (await client.get(MARCH.format("figures"))).json() == before
    assert await publish_due(engine, ZONE) == 0


async def test_withdrawn_and_void_complaints_and_other_categories_and_tenants_do_not_count(
    client: httpx.AsyncClient, enter: Enter, choose: Any
) -> None:
    void, taken, theirs = Eventful(), Eventful(), Eventful(tenant="110101")
    void.received(category="noise.day")
    void.voided()
    taken.received(category="noise.day")
    taken.withdrawn()
    theirs.received(category="noise.day")
    counted = [complaint("noise.day", "fulai") for _ in range(5)]
    others = [complaint("noisette", "fulai") for _ in range(5)]
    april = [complaint("noise.day", "fulai", datetime(2026, 3, 31, 17, tzinfo=ZoneInfo("UTC"))) for _ in range(6)]
    await enter(void, taken, theirs, *counted, *others, *april)
    await choose(categories=["noise"])
    assert (await client.get(MARCH.format("figures"))).json()["received"] == 5
    answer = await client.get("public/522723/figures?month=2026-04")  # of the county's own days
    assert answer.json()["received"] == 6


async def test_a_month_with_too_few_tells_nothing(client: httpx.AsyncClient, enter: Enter, choose: Any) -> None:
    await enter(*[complaint("noise.day", "fulai") for _ in range(4)])
    await choose()
    figures = (await client.get(MARCH.format("figures"))).json()
    assert [figures[name] for name in ("received", "closed", "in_time", "rated", "satisfied")] == [None] * 5
    assert (figures["categories"], figures["communities"]) == ([], {})
    assert (await client.get(MARCH.format("complaints"))).json()["items"] == []
    assert (await client.get(MARCH.format("map"))).json()["features"] == []


async def test_a_result_is_in_time_where_the_clock_waited_for_an_answer(
    client: httpx.AsyncClient, enter: Enter, choose: Any
) -> None:
    promised_at, late = BEGIN + timedelta(hours=2), timedelta(hours=1)
    made = []
    for asked_at in [promised_at - late] * 6 + [promised_at + late] * 5:
        history = Eventful()
        history.received(category="noise.day")
        history.promised(promised_at)
        history.accepted()
        history.started()
        history.asked()
        history.at(asked_at)
        history.resolved()
        history.at(promised_at + 2 * late)
        history.verified()
        history.closed()
        history.at(promised_at + 3 * late)
        made.append(history)
    await enter(*made)
    await choose()
    figures = (await client.get(MARCH.format("figures"))).json()
    assert (figures["closed"], figures["in_time"]) == (11, 6)


async def test_answers_may_be_cached(client: httpx.AsyncClient, enter: Enter, choose: Any) -> None:
    await _march(enter)
    await choose()
    for name in ("figures", "map", "complaints"):
        answer = await client.get(MARCH.format(name))
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        again = await client.get(MARCH.format(name), headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_list_or_a_map_may_be_left_out(client: httpx.AsyncClient, enter: Enter, choose: Any) -> None:
    await _march(enter)
    await choose(lists_complaints=False, shows_map=False)
    assert (await client.get(MARCH.format("figures"))).status_code == 200
    for name in ("map", "complaints"):
        assert (await client.get(MARCH.format(name))).json()["type"] == "urn:jieban:problem:nothing-public"


async def test_bad_queries_have_codes_of_their_own(client: httpx.AsyncClient, choose: Any) -> None:
    await choose()
    for month in ("2026-13", "2026-3", "march", "2026-03-01", "２０２６-03"):
        answer = await client.get(f"public/522723/figures?month={month}")
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["pointer"]) == (422, "month-invalid", "query/month")
    answer = await client.get("public/522723/figures?month=2025-01")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:jieban:problem:month-not-published")
    assert (await client.get("public/52%20/months")).status_code == 422
    assert (await client.get(MARCH.format("complaints") + "&cursor=abc")).status_code == 400


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"first_month": None}, "/first_month", "first-month-missing"),
        ({"first_month": "2026-00"}, "/first_month", "month-invalid"),
        ({"categories": ["noise", "noise.day"]}, "/categories", "category-twice"),
        ({"categories": ["noise", "parades"]}, "/categories/1", "unknown-category"),
        ({"categories": ["safety"]}, "/categories/0", "unknown-category"),  # shipped, but not the county's
        ({"k": 2}, "/k", "out-of-range"),
        ({"cell_resolution": 12}, "/cell_resolution", "out-of-range"),
    ],
)
async def test_bad_choices_are_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.put("public/settings", headers=as_(Role.ADMIN), json={**CHOICE, **changes})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, pointer)
    assert code in (error["code"], "out-of-range")


async def test_the_choice_is_an_administrators_and_has_versions(client: httpx.AsyncClient, as_: As) -> None:
    shown = await client.get("public/settings", headers=as_(Role.ADMIN))
    assert (shown.headers["ETag"], shown.json()["is_on"], shown.json()["k"]) == ('"0"', False, 5)
    put = await client.put("public/settings", headers={**as_(Role.ADMIN), "If-Match": '"0"'}, json=CHOICE)
    assert (put.headers["ETag"], put.json()["changed_by"], put.json()["first_month"]) == ('"1"', "admin-1", "2026-03")
    stale = await client.put("public/settings", headers={**as_(Role.ADMIN), "If-Match": '"0"'}, json=CHOICE)
    assert stale.status_code == 412
    assert (await client.get("public/settings", headers=as_(Role.SUPERVISOR))).status_code == 403
    assert (await client.get("public/settings")).status_code == 401


def test_a_month_waits_for_its_end_and_the_delay() -> None:
    chosen = Publication(is_on=True, first_month=date(2026, 1, 1), delay_days=15)
    assert chosen.months(datetime(2026, 2, 15, 23, 59, tzinfo=ZONE), ZONE) == []
    assert chosen.months(datetime(2026, 2, 16, tzinfo=ZONE), ZONE) == [date(2026, 1, 1)]
    assert chosen.months(datetime(2027, 1, 16, tzinfo=ZONE), ZONE)[-1] == date(2026, 12, 1)
    assert Publication(first_month=date(2026, 1, 1)).months(datetime(2027, 1, 1, tzinfo=ZONE), ZONE) == []
    assert Publication.of(json.loads(json.dumps(chosen.content()))) == chosen
