"""The lines of classified ledgers in pages: which there are, in which order, and who sees what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.books import DAY, FIRST, TEXT, Facts, chosen, complaints, walked
from ledger.conftest import As, Enter, Headers
from ledger_service.domain.ledger_definitions import Filters, shipped
from ledger_service.persistence import ledger_lines
from ledger_service.persistence.ledger_lines import Selection
from refusals import code_of, errors_of
from runtime.clock import now

TENANT = "t-lines"
EVERYTHING = "/ledgers/by-source/lines?"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def facts(enter: Enter) -> Sequence[Facts]:
    made = complaints(TENANT)
    await enter(*[each.history for each in made], *[each.history for each in complaints("t-neighbour", 5)])
    return made


@pytest.fixture
def supervisor(as_: As) -> Headers:
    return as_(Role.SUPERVISOR, tenant=TENANT)


def ids(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [each["id"] for each in items]


async def test_a_page_leads_to_the_next(facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers) -> None:
    assert ids(await walked(client, supervisor, EVERYTHING + "limit=5")) == chosen(facts, {})
    oldest_first = ids(await walked(client, supervisor, "/ledgers/overdue/lines?limit=2"))
    assert oldest_first == chosen(facts, {"on_time": False})[::-1]
    assert len(oldest_first) > 3


@pytest.mark.parametrize(
    "filters",
    [
        {"source": ["hotline"]},
        {"source": ["hotline", "grid_patrol"], "community": ["c-1"]},
        {"category": ["street_order.parking"]},
        {"category": ["street_order"], "status": ["closed", "resolved"]},
        {"category": ["street"]},
        {"proactive": True, "on_time": True},
        {"handling_mode": ["guidance"], "team": ["team-01"]},
    ],
)
async def test_a_ledger_is_narrowed_down(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers, filters: dict[str, Any]
) -> None:
    query = urlencode({name: str(value).lower() if value is True else value for name, value in filters.items()}, True)
    assert ids(await walked(client, supervisor, f"{EVERYTHING}{query}")) == chosen(facts, filters)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "source": st.lists(
            st.sampled_from(["resident_app", "hotline", "grid_patrol", "media"]), min_size=1, max_size=2
        ),
        "category": st.lists(st.sampled_from(["street_order", "street_order.parking", "facilities"]), min_size=1),
        "community": st.lists(st.sampled_from(["c-1", "c-2", "c-9"]), min_size=1, max_size=2),
        "status": st.lists(st.sampled_from(["received", "assigned", "resolved", "closed"]), min_size=1, max_size=2),
        "handling_mode": st.lists(st.sampled_from(["guidance", "case_filed"]), min_size=1),
        "proactive": st.booleans(),
        "on_time": st.booleans(),
    },
)


@settings(max_examples=40)
@given(filters=FILTERS, narrowed=FILTERS)
async def test_all_readers_agree(
    engine: AsyncEngine, facts: Sequence[Facts], filters: dict[str, Any], narrowed: dict[str, Any]
) -> None:
    definition = replace(shipped()["by-source"], filters=Filters.of(filters))
    wanted = Selection(tenant=TENANT, definition=definition, at=now(), narrowed=Filters.of(narrowed))
    expected = chosen([each for each in facts if each.id in chosen(facts, filters)], narrowed)
    async with engine.connect() as connection:
        rows = await ledger_lines.page(connection, wanted, (), after=None, size=100)
        assert [str(row["line"]) for row in rows] == expected
        assert await ledger_lines.count(connection, wanted) == len(expected)
        batches = ledger_lines.read(connection, wanted, ("complaint_id",), size=7, seconds=10)
        assert sorted([row[0] async for batch in batches for row in batch]) == sorted(expected)
        assert (await ledger_lines.estimate(connection, wanted)).cost > 0


async def test_days_are_those_of_the_county(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers
) -> None:
    """16:00 UTC is midnight there."""
    found = ids(await walked(client, supervisor, EVERYTHING + "from=2026-03-02&to=2026-03-03"))
    since = FIRST.replace(hour=16)
    assert found == chosen([each for each in facts if since <= each.at < since + 2 * DAY], {})
    assert len(found) == 6
    assert await walked(client, supervisor, EVERYTHING + "from=2026-05-01") == []


async def test_a_period_may_be_that_of_the_closing(facts: Sequence[Facts], client: httpx.AsyncClient, as_: As) -> None:
    admin = as_(Role.ADMIN, tenant=TENANT)
    body = {"title": {"zh": "结案", "en": "Closed"}, "columns": ["number", "closed_at"], "period": "closed_at"}
    assert (await client.put("/ledgers/closed", headers=admin, json=body)).status_code == 200
    found = await walked(client, admin, "/ledgers/closed/lines?limit=3")
    assert ids(found) == chosen(facts, {"status": ["closed"]})
    assert [*found[0]] == ["id", "number", "closed_at"]
    one_day = await walked(client, admin, "/ledgers/closed/lines?from=2026-03-03&to=2026-03-03")
    assert all(each["closed_at"] < "2026-03-03T16" for each in one_day)
    assert 0 < len(one_day) < len(found)


async def test_the_words_of_people_need_a_right(
    facts: Sequence[Facts], client: httpx.AsyncClient, as_: As, supervisor: Headers
) -> None:
    told = (await client.get("/ledgers/by-category/lines", headers=supervisor)).json()
    assert {each["description"] for each in told["items"]} == {TEXT}
    for role in (Role.ANALYST, Role.OFFICER, Role.INSPECTOR):
        answer = await client.get("/ledgers/by-category/lines", headers=as_(role, tenant=TENANT))
        assert "description" not in answer.json()["items"][0]
        assert "description" not in [each["code"] for each in answer.json()["columns"]]
        assert "evil.test" not in answer.text


async def test_counts_are_told_where_they_are_asked_for(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers
) -> None:
    counted = {
        each["name"]: each["lines"]
        for each in (await client.get("/ledgers?counts=true", headers=supervisor)).json()["items"]
    }
    assert counted["by-source"] == len(facts)
    assert counted["overdue"] == len(chosen(facts, {"on_time": False}))
    assert counted["activities"] == 0
    plain = (await client.get("/ledgers", headers=supervisor)).json()["items"]
    assert {each["lines"] for each in plain} == {None}


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("from=yesterday", "query/from", "day-invalid"),
        ("category=a.b.c.d", "query/category/0", "ledger-category-invalid"),
        ("status=closed&status=lost", "query/status/1", "ledger-status-unknown"),
        ("handling_mode=scolding", "query/handling_mode/0", "ledger-handling-mode-unknown"),
        ("source=a%20b", "query/source/0", "ledger-code-invalid"),
        ("kind=leaflets", "query/kind", "ledger-filter-of-other-subject"),
        ("limit=201", "query/limit", "less_than_equal"),
        ("on_time=perhaps", "query/on_time", "bool_parsing"),
    ],
)
async def test_bad_questions_are_refused(
    client: httpx.AsyncClient, supervisor: Headers, query: str, pointer: str, code: str
) -> None:
    for path in ("/ledgers/by-source/lines", "/ledgers/by-source.csv"):
        if "limit" not in query or path.endswith("lines"):
            assert errors_of(await client.get(f"{path}?{query}", headers=supervisor)) == [(pointer, code)]


async def test_a_cursor_belongs_to_its_question(
    facts: Sequence[Facts], client: httpx.AsyncClient, supervisor: Headers
) -> None:
    link = (await client.get(EVERYTHING + "limit=2", headers=supervisor)).links["next"]["url"]
    other = link.removeprefix("/ledger/v1") + "&source=hotline"
    assert code_of(await client.get(other, headers=supervisor)) == (400, "cursor-invalid")
    assert code_of(await client.get("/ledgers/nowhere/lines", headers=supervisor)) == (404, "ledger-not-found")


async def test_activities_have_a_ledger(client: httpx.AsyncClient, as_: As) -> None:
    supervisor = as_(Role.SUPERVISOR, tenant="t-acts")
    body = {"kind": "leaflets", "quantity": 30, "happened_at": "2026-03-01T08:00:00Z", "community": "fulai"}
    made = [
        (await client.post("/activities", headers=supervisor, json=body | {"note": f"{n}"})).json() for n in range(3)
    ]
    await client.post(f"/activities/{made[0]['id']}/voiding", headers=supervisor, json={"reason": "登记错误"})
    found = await walked(client, supervisor, "/ledgers/activities/lines?limit=1&kind=leaflets&community=fulai")
    assert {each["id"] for each in found} == {each["id"] for each in made[1:]}
    assert (found[0]["quantity"], found[0]["unit"]) == (30, "leaflets")
    analyst = await walked(client, as_(Role.ANALYST, tenant="t-acts"), "/ledgers/activities/lines")
    assert "note" not in analyst[0]


async def test_a_ledger_of_activities_can_show_what_proves_them(client: httpx.AsyncClient, as_: As) -> None:
    title = {"zh": "佐证台账", "en": "Proofs"}
    ledger = {"title": title, "subject": "activities", "columns": ["quantity", "evidence"]}
    admin, supervisor = (as_(role, tenant="t-proofs") for role in (Role.ADMIN, Role.SUPERVISOR))
    assert (await client.put("/ledgers/proofs", headers=admin, json=ledger)).status_code == 200
    body = {"kind": "leaflets", "happened_at": "2026-03-01T08:00:00Z", "community": "fulai"}
    for quantity, evidence in ((1, []), (2, ["photo-1", "https://county.example/2.jpg"])):
        act = body | {"quantity": quantity, "evidence": evidence}
        assert (await client.post("/activities", headers=supervisor, json=act)).status_code == 201
    lines = await walked(client, supervisor, "/ledgers/proofs/lines")
    told = {line["quantity"]: line["evidence"] for line in lines}
    assert told == {1: None, 2: "photo-1\nhttps://county.example/2.jpg"}
    sheet = (await client.get("/ledgers/proofs.csv", headers=supervisor)).text
    assert '"photo-1\nhttps://county.example/2.jpg"' in sheet.replace("\r\n", "\n")
