"""Lists of complaints: filters, orders, totals, maps, and full text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.searches import found, put, read, taken
from refusals import code_of, errors_of

Made = dict[str, str]
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Made:
    """Six complaints of which each is the only one of some kind; `f` is the newest."""
    at = {"lon": 107.2000, "lat": 26.5000}
    made = {
        "a": await taken(
            client, as_, "小区门口停车占道", external_ref="REF-7/21", location=at | {"address": "福来社区3栋"}
        ),
        "b": await taken(client, as_, "夜间施工噪音", category="construction.sites", location={"address": "麦溪路口"}),
        "c": await taken(client, as_, "The PARKING lot is blocked", reporter={"anonymous": True}, location=at),
        "d": await taken(client, as_, "油烟很重", category="street_order", kind="suggestion"),
        "e": await taken(client, as_, "停车场的油烟"),
        "f": await taken(client, as_, "小区里的狗", category=None, reporter={"phone": "138 0000 1234", "name": "王芳"}),
    }
    await put(engine, made["b"], status="assigned", unit="一队", community="community-01", grid="grid-01")
    await put(engine, made["c"], status="closed", unit="二队", community="community-02", updated_at=_LONG_AGO)
    await put(engine, made["d"], status="withdrawn", updated_at=_LONG_AGO + timedelta(days=1))
    await read(engine)
    return made


def names(made: Made, ids: list[str]) -> str:
    of = {complaint: name for name, complaint in made.items()}
    return "".join(of[each] for each in ids)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "fedcba"),
        ({"sort": "oldest"}, "abcdef"),
        ({"sort": "updated_oldest"}, "cdabef"),
        ({"sort": "updated_newest", "status": "ended"}, "dc"),
        ({"status": ["assigned", "closed"]}, "cb"),
        ({"status": "open"}, "feba"),
        ({"status": "ended"}, "dc"),
        ({"status": "voided"}, ""),
        ({"category": "street_order"}, "edca"),
        ({"category": ["street_order.parking", "construction"]}, "ecba"),
        ({"category": "street"}, ""),
        ({"categorised": "false"}, "f"),
        ({"kind": "suggestion"}, "d"),
        ({"source": "hotline", "community": ["community-01", "community-02"]}, "cb"),
        ({"community": "community-01", "status": "closed"}, ""),
        ({"unit": "二队"}, "c"),
        ({"grid": "grid-01"}, "b"),
        ({"external_ref": "REF-7/21"}, "a"),
        ({"anonymous": "true"}, "c"),
        ({"located": "false"}, "b"),
        ({"outside_area": "true"}, ""),
        ({"has_attachments": "true"}, ""),
        ({"proactive": "false", "status": "assigned"}, "b"),
        ({"bbox": "107.19,26.49,107.21,26.51"}, "ca"),
        ({"near": "107.2,26.5009", "radius": "150"}, "ca"),
        ({"near": "107.2,26.5009", "radius": "50"}, ""),
        ({"updated_after": "2026-01-01T12:00:00Z", "updated_to": "2026-02-01T00:00:00Z"}, "d"),
        ({"updated_after": "2026-01-01T12:00:00Z", "status": "ended", "sort": "updated_oldest"}, "d"),
        ({"received_to": "2020-01-01T00:00:00Z"}, ""),
        ({"received_from": "2020-01-01T00:00:00Z", "confidence_from": "0"}, "f"),
        ({"q": "停车"}, "ea"),
        ({"q": "停"}, "ea"),
        ({"q": "油烟"}, "ed"),
        ({"q": "停车 油烟"}, "e"),
        ({"q": "停车 -油烟"}, "a"),
        ({"q": '"lot is blocked"'}, "c"),
        ({"q": "parking"}, "c"),
        ({"q": "park"}, ""),
        ({"q": "parki*"}, "c"),
        ({"q": "福来社区3栋"}, "a"),
        ({"q": "REF-7/21"}, "a"),
        ({"q": "麦溪"}, "b"),
        ({"q": "车占"}, "a"),
        ({"q": "道福"}, ""),
        ({"q": "油烟", "category": "street_order.parking"}, "e"),
        ({"q": "油烟", "status": "ended"}, "d"),
        ({"q": "噪音", "community": "community-01"}, "b"),
        ({"q": "噪音", "community": "community-02"}, ""),
        ({"q": "13800001234"}, ""),
        ({"q": "王芳"}, ""),
    ],
)
async def test_a_list_is_narrowed(
    client: httpx.AsyncClient, as_: As, made: Made, query: dict[str, Any], expected: str
) -> None:
    assert names(made, await found(client, as_(Role.OPERATOR), **query)) == expected


async def test_a_number_is_found_by_its_words(client: httpx.AsyncClient, as_: As, made: Made) -> None:
    headers = as_(Role.OPERATOR)
    number = (await client.get(f"/complaints/{made['e']}", headers=headers)).json()["number"]
    assert names(made, await found(client, headers, q=number)) == "e"
    assert names(made, await found(client, headers, q=number.partition("-")[2])) == "e"
    assert names(made, await found(client, headers, number=number)) == "e"


async def test_whoever_is_not_staff_finds_their_own(client: httpx.AsyncClient, as_: As, made: Made) -> None:
    assert await found(client, as_(Role.CITIZEN, "somebody"), q="停车") == []
    assert await found(client, as_(Role.OPERATOR, tenant="110000"), q="停车") == []
    assert await found(client, as_(Role.OPERATOR, tenant="110000"), status="open") == []
    assert names(made, await found(client, as_(Role.PARTNER, "operator-1"), q="停车", category="street_order")) == "ea"


async def test_the_words_are_shown_where_they_stand(client: httpx.AsyncClient, as_: As, made: Made) -> None:
    answer = await client.get("/complaints", params={"q": "停车 油烟"}, headers=as_(Role.OPERATOR))
    [item] = answer.json()["items"]
    assert item["excerpt"] == {"text": "停车场的油烟", "marks": [[0, 2], [4, 6]]}
    plain = await client.get("/complaints", headers=as_(Role.OPERATOR))
    assert {each["excerpt"] for each in plain.json()["items"]} == {None}


async def test_the_total_is_told_when_asked_for(
    client: httpx.AsyncClient, as_: As, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = as_(Role.OPERATOR)
    for query, count in (({}, 6), ({"q": "停车"}, 2), ({"status": ["assigned", "closed"]}, 2), ({"q": "飞碟"}, 0)):
        answer = await client.get("/complaints", params={**query, "total": True, "limit": 1}, headers=headers)
        assert answer.json()["total"] == {"count": count, "more": False}
    assert (await client.get("/complaints", headers=headers)).json()["total"] is None
    for place in ("complaint_lists", "searching"):
        monkeypatch.setattr(f"intake_service.persistence.{place}.MOST_COUNTED", 1)
    monkeypatch.setattr("intake_service.api.listing.MOST_COUNTED", 1)
    for query in ({}, {"q": "停车"}, {"status": ["assigned", "closed"]}):
        answer = await client.get("/complaints", params={**query, "total": True}, headers=headers)
        assert answer.json()["total"] == {"count": 1, "more": True}


@pytest.mark.parametrize("asked", [{"params": {"format": "geojson"}}, {"headers": {"Accept": "application/geo+json"}}])
async def test_a_page_is_a_map(client: httpx.AsyncClient, as_: As, made: Made, asked: dict[str, Any]) -> None:
    headers = as_(Role.OPERATOR) | asked.get("headers", {})
    answer = await client.get("/complaints", params={"limit": 5, **asked.get("params", {})}, headers=headers)
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert "next" in answer.links
    features = answer.json()["features"]
    assert names(made, [each["id"] for each in features]) == "fedc"
    assert features[-1]["geometry"] == {"type": "Point", "coordinates": [107.2, 26.5]}
    assert features[-1]["properties"]["status_label"] == "Closed"
    assert "王芳" not in answer.text


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"q": ""}, ("query/q", "search-empty")),
        ({"q": "-车"}, ("query/q", "search-empty")),
        ({"q": "车" * 201}, ("query/q", "search-too-long")),
        ({"q": "a b c d e f g h i j k"}, ("query/q", "search-too-many-terms")),
        ({"q": "pa*"}, ("query/q", "search-prefix-too-short")),
        ({"q": "车", "sort": "oldest"}, ("query", "search-sorted-otherwise")),
        ({"near": "107.2", "radius": 5}, ("query/near", "near-invalid")),
        ({"near": "107.2,26.5"}, ("query", "near-incomplete")),
        ({"radius": 0}, ("query/radius", "greater_than")),
        ({"status": "finished"}, ("query/status/0", "enum")),
        ({"kind": "praise"}, ("query/kind/0", "literal_error")),
        ({"confidence_below": "nan"}, ("query/confidence_below", "finite_number")),
        ({"sort": "random"}, ("query/sort", "literal_error")),
        ({"format": "pdf"}, ("query/format", "literal_error")),
    ],
)
async def test_a_bad_filter_is_named(
    client: httpx.AsyncClient, as_: As, query: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = await client.get("/complaints", params=query, headers=as_(Role.OPERATOR))
    assert answer.status_code == 422
    assert error in errors_of(answer), answer.text
    assert all("not valid" not in each["message"] for each in answer.json()["errors"])


async def test_a_cursor_is_for_its_own_filters(client: httpx.AsyncClient, as_: As, made: Made) -> None:
    headers = as_(Role.OPERATOR)
    first = await client.get("/complaints", params={"q": "停车", "limit": 1}, headers=headers)
    cursor = httpx.URL(first.links["next"]["url"]).params["cursor"]
    other = await client.get("/complaints", params={"q": "油烟", "cursor": cursor}, headers=headers)
    assert code_of(other) == (400, "cursor-invalid")


async def test_what_takes_too_long_says_how_to_narrow_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, made: Made
) -> None:
    async with engine.begin() as connection:  # what holds the table keeps every list waiting
        await connection.execute(sa.text("LOCK TABLE complaint_text IN ACCESS EXCLUSIVE MODE"))
        answer = await client.get("/complaints", params={"q": "停车"}, headers=as_(Role.OPERATOR))
    assert code_of(answer) == (422, "list-too-broad")
