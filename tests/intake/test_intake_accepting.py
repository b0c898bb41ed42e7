"""What an accepted complaint leaves behind, alone and in a batch."""

import asyncio
from typing import Any

import httpx
import sqlalchemy as sa
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.conftest import As
from intake.reports import HOTLINE, REPORT, UNLUCKY, report, unlucky
from outboxes import published


async def count(engine: AsyncEngine, table: str, where: str = "true", **values: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {where}"), values) or 0)


async def test_the_receipt_and_what_is_stored(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    body = report(
        location={"lon": 116.404, "lat": 39.915, "crs": "BD09", "address": "天安门"},
        reporter={"name": "张三", "phone": "+86 138-0000-0000", "email": "z@example.org"},
        occurred_at="2026-11-20T08:00:00+08:00",
        attributes={"plate": "贵J12345", "count": 3},
    )
    answer = await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))
    assert answer.status_code == 201
    receipt = answer.json()
    assert answer.headers["Location"] == f"/intake/v1/complaints/{receipt['id']}"
    assert answer.headers["ETag"] == '"1"'
    read = await client.get(f"/complaints/{receipt['id']}", headers=as_(Role.CITIZEN))
    view = read.json()
    assert read.headers["ETag"] == '"1"'
    assert view["location"]["given"] == {"lon": 116.404, "lat": 39.915, "crs": "BD09"}
    assert abs(view["location"]["lon"] - 116.3914) < 1e-4
    assert abs(view["location"]["lat"] - 39.9073) < 1e-4
    assert view["occurred_at"] == "2026-11-20T00:00:00Z"
    assert view["attributes"] == {"plate": "贵J12345", "count": 3}
    assert view["reporter"]["name"] == "张三"
    [row] = await published(engine, receipt["id"])
    assert (row["aggregatetype"], row["type"], row["sequence"]) == ("complaint.lifecycle.v1", "complaint.received", 1)
    assert not any(secret in row["payload"] for secret in ("张三", "138-0000", "example.org", receipt["query_code"]))


async def test_staff_without_the_right_to_contact_see_no_reporter(client: httpx.AsyncClient, as_: As) -> None:
    body = report(reporter={"name": "张三"})
    complaint = (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN))).json()["id"]
    for role, sees in ((Role.OPERATOR, True), (Role.SUPERVISOR, True), (Role.OFFICER, False), (Role.ANALYST, False)):
        view = (await client.get(f"/complaints/{complaint}", headers=as_(role))).json()
        assert (view["reporter"] is not None) == sees, role


async def test_many_at_once_each_get_their_own_number(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    before = await count(engine, "complaint")
    answers = await asyncio.gather(
        *(client.post("/complaints", json=REPORT, headers=as_(Role.CITIZEN)) for _ in range(120))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 120
    assert await count(engine, "complaint") == before + 120


async def test_one_key_sent_at_once_is_one_complaint(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    before = await count(engine, "complaint")
    headers = as_(Role.CITIZEN, **{"Idempotency-Key": "at-once"})
    answers = await asyncio.gather(*(client.post("/complaints", json=REPORT, headers=headers) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 29
    assert await count(engine, "complaint") == before + 1
    other = as_(Role.CITIZEN, "citizen-2", **{"Idempotency-Key": "at-once"})
    assert (await client.post("/complaints", json=REPORT, headers=other)).status_code == 201


async def test_two_intakes_and_one_key_are_one_complaint(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, database_url: str
) -> None:
    """Another replica's twin is not in this process's groups: the database decides."""
    from pydantic import SecretStr

    from intake.conftest import SECRET, TENANT
    from intake_service.main import build
    from runtime.auth import TokenVerifier
    from runtime.settings import RuntimeSettings

    settings = RuntimeSettings(intake_database_url=database_url, token_secret=SecretStr(SECRET), tenant=TENANT)
    replica = build(settings, TokenVerifier(settings))
    await replica.open()
    transport = httpx.ASGITransport(replica.app, raise_app_exceptions=False)
    before = await count(engine, "complaint")
    async with httpx.AsyncClient(transport=transport, base_url="http://replica.test/intake/v1") as other:
        for turn in range(20):
            headers = as_(Role.CITIZEN, **{"Idempotency-Key": f"twins-{turn}"})
            answers = await asyncio.gather(
                *(c.post("/complaints", json=REPORT, headers=headers) for c in (client, other, client, other))
            )
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
    await replica.close()
    assert await count(engine, "complaint") == before + 20


async def test_a_reference_is_accepted_once_for_its_source(client: httpx.AsyncClient, as_: As) -> None:
    body = {**HOTLINE, "external_ref": "12345-001"}
    first = await client.post("/complaints", json=body, headers=as_(Role.OPERATOR))
    again = await client.post("/complaints", json=body, headers=as_(Role.OPERATOR))
    elsewhere = await client.post("/complaints", json={**body, "source": "media"}, headers=as_(Role.OPERATOR))
    assert (first.status_code, again.status_code, elsewhere.status_code) == (201, 409, 201)
    assert again.json()["complaint"] == {"id": first.json()["id"], "number": first.json()["number"]}


async def test_a_batch_answers_for_each_item(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    before = await count(engine, "complaint")
    twins = {**HOTLINE, "external_ref": "twin"}
    items = [HOTLINE, {**HOTLINE, "source": "x"}, {"nothing": 1}, twins, twins]
    answer = await client.post("/complaints/batch", json={"items": items}, headers=as_(Role.OPERATOR))
    result = answer.json()
    assert (answer.status_code, result["created"], result["refused"]) == (200, 2, 3)
    assert [item["status"] for item in result["items"]][:3] == [201, 422, 422]
    assert sorted(item["status"] for item in result["items"][3:]) == [201, 409]
    assert result["items"][2]["problem"]["errors"][0]["pointer"]
    assert await count(engine, "complaint") == before + 2


async def test_an_item_that_fails_for_no_reason_of_its_own_costs_the_others_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    before = await count(engine, "complaint")
    items = [HOTLINE, {**HOTLINE, "description": UNLUCKY}, HOTLINE]
    failed = REGISTRY.get_sample_value("http_server_failed_requests_total") or 0.0
    async with unlucky(engine):
        answer = await client.post("/complaints/batch", json={"items": items}, headers=as_(Role.OPERATOR))
    result = answer.json()
    assert [item["status"] for item in result["items"]] == [201, 500, 201]
    assert result["items"][1]["problem"]["type"] == "urn:jieban:problem:internal-error"
    assert (result["created"], result["refused"]) == (2, 1)
    assert await count(engine, "complaint") == before + 2
    assert REGISTRY.get_sample_value("http_server_failed_requests_total") == failed + 1, "an alarm is raised"


async def test_a_batch_repeated_under_its_key_creates_nothing_new(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    headers = as_(Role.OPERATOR, **{"Idempotency-Key": "batch-1"})
    send = {"items": [HOTLINE] * 40}
    first = await client.post("/complaints/batch", json=send, headers=headers)
    before = await count(engine, "complaint")
    again = await client.post("/complaints/batch", json=send, headers=headers)
    assert first.json() == again.json()
    assert await count(engine, "complaint") == before


async def test_lists_page_through_everything_once(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    headers = as_(Role.CITIZEN, "pager")
    for _ in range(7):
        await client.post("/complaints", json=REPORT, headers=headers)
    url: str | None = "/complaints?limit=3&category=street_order"
    seen: list[str] = []
    while url:
        page = await client.get(f"http://intake.test{url}" if url.startswith("/intake") else url, headers=headers)
        seen += [item["id"] for item in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)
    first = await client.get("/complaints?limit=3", headers=headers)
    stolen = await client.get(
        f"http://intake.test{first.links['next']['url']}&status=received", headers=as_(Role.CITIZEN, "thief")
    )
    assert stolen.status_code == 400
