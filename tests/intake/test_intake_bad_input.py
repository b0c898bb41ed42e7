"""Bad input gets a problem+json that says what and where, never a 5xx, and leaves nothing behind."""

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import REPORT, report
from refusals import errors_of

BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"description": ...}, "/description"),
    ({"description": ""}, "/description"),
    ({"description": "长" * 10_001}, "/description"),
    ({"description": 7}, "/description"),
    ({"description": " \u3000\u200b"}, "/description"),
    ({"source": ...}, "/source"),
    ({"source": "telepathy"}, "/source"),
    ({"source": "hotline"}, "/source"),
    ({"category": "street_order.ufo"}, "/category"),
    ({"location": ...}, "/location"),
    ({"location": None}, "/location"),
    ({"location": {}}, "/location"),
    ({"location": {"lon": 107.2}}, "/location"),
    ({"location": {"lon": 181, "lat": 26.5}}, "/location/lon"),
    ({"location": {"lon": 107.2, "lat": -90.000001}}, "/location/lat"),
    ({"location": {"lon": "107.2", "lat": 26.5}}, "/location/lon"),
    ({"location": {"lon": True, "lat": 26.5}}, "/location/lon"),
    ({"location": {"lon": 107.2, "lat": 26.5, "crs": "EPSG:3857"}}, "/location/crs"),
    ({"location": {"address": ""}}, "/location/address"),
    ({"occurred_at": "2026-01-01"}, "/occurred_at"),
    ({"occurred_at": "2026-01-01T08:00:00"}, "/occurred_at"),
    ({"occurred_at": "2026-01-01T23:59:60Z"}, "/occurred_at"),
    ({"occurred_at": "0000-01-01T00:00:00Z"}, "/occurred_at"),
    ({"occurred_at": 1700000000}, "/occurred_at"),
    ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
    ({"external_ref": "A-1"}, "/external_ref"),
    ({"reporter": {"phone": "call me"}}, "/reporter/phone"),
    ({"reporter": {"email": "nobody"}}, "/reporter/email"),
    ({"reporter": {"anonymous": "yes"}}, "/reporter/anonymous"),
    ({"attachments": ["01920000-0000-7000-8000-000000000000"]}, "/attachments"),
    ({"attributes": {"a": {"deep": 1}}}, "/attributes/a"),
    ({"attributes": {f"k{n}": n for n in range(51)}}, "/attributes"),
    ({"status": "closed"}, "/status"),
    ({"tenant": "110000"}, "/tenant"),
    ({"owner": "somebody"}, "/owner"),
]


@pytest.mark.parametrize(("changes", "pointer"), BAD_FIELDS)
async def test_each_bad_field_is_named(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, changes: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/complaints", json=report(**changes), headers=as_(Role.CITIZEN))
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert any(error["pointer"].startswith(pointer) for error in errors), errors
    assert all(error["message"] and "not valid" not in error["message"].lower()[:9] for error in errors)
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM complaint")) == 0


@pytest.mark.parametrize("value", [{"deep": 1}, "x" * 1001, ["x" * 101], [1]])
async def test_an_attribute_that_cannot_be_one_is_told_once(client: httpx.AsyncClient, as_: As, value: Any) -> None:
    answer = await client.post("/complaints", json=report(attributes={"a": value}), headers=as_(Role.CITIZEN))
    assert errors_of(answer) == [("/attributes/a", "attribute-value")]


GOOD = json.dumps(REPORT, ensure_ascii=False)
BAD_BODIES: list[tuple[bytes, str, int]] = [
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b"[]", "application/json", 422),
    (b"null", "application/json", 422),
    (GOOD.encode("utf-16"), "application/json", 400),
    (GOOD.encode("gb18030"), "application/json", 400),
    (GOOD.replace("盲道", "\\u0000").encode(), "application/json", 400),
    (GOOD.replace("盲道", "\\ud800").encode(), "application/json", 400),
    (GOOD.replace("107.2357", "NaN").encode(), "application/json", 400),
    (GOOD.replace("107.2357", "1e999").encode(), "application/json", 400),
    (GOOD.replace('"source"', '"source": "media", "source"').encode(), "application/json", 400),
    (b'{"a":' * 100_000, "application/json", 400),
    (GOOD.encode(), "text/plain", 415),
    (GOOD.encode(), "application/x-www-form-urlencoded", 415),
    (b'{"description": "' + b"x" * 1_000_001 + b'"}', "application/json", 413),
]


@pytest.mark.parametrize(("content", "content_type", "status"), BAD_BODIES)
async def test_each_bad_body_is_refused(
    client: httpx.AsyncClient, as_: As, content: bytes, content_type: str, status: int
) -> None:
    headers = as_(Role.CITIZEN, **{"Content-Type": content_type})
    answer = await client.post("/complaints", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    ["bbox=1,2,3", "bbox=nan,0,1,1", "bbox=5,0,1,1", "limit=0", "limit=201", "limit=x", "updated_after=yesterday"],
)
async def test_each_bad_filter_is_named(client: httpx.AsyncClient, as_: As, query: str) -> None:
    answer = await client.get(f"/complaints?{query}", headers=as_(Role.OPERATOR))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"query/{query.partition('=')[0]}"


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "schlüssel"])
async def test_a_bad_idempotency_key_is_named(client: httpx.AsyncClient, as_: As, key: str) -> None:
    headers = httpx.Headers([*httpx.Headers(as_(Role.CITIZEN)).raw, (b"Idempotency-Key", key.encode())])
    answer = await client.post("/complaints", json=REPORT, headers=headers)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.ANALYST, Role.ADMIN, Role.SUPERVISOR])
async def test_roles_that_may_not_report(client: httpx.AsyncClient, as_: As, role: Role) -> None:
    assert (await client.post("/complaints", json=REPORT, headers=as_(role))).status_code == 403


async def test_without_a_token_or_with_a_bad_one(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = await client.post("/complaints", json=REPORT, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_problems_are_chinese_unless_english_is_asked_for(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.CITIZEN)
    del headers["Accept-Language"]
    answer = await client.post("/complaints", json=report(source="telepathy"), headers=headers)
    assert (answer.headers["Content-Language"], answer.json()["title"]) == ("zh-CN", "数据校验未通过")
    assert "1 处" in answer.json()["detail"]
    assert answer.json()["errors"][0]["message"] == "未知的事件来源：telepathy。"
