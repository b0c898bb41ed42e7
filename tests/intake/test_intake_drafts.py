"""Reports that go on later: kept for one person, submitted once, gone in time."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import uploaded
from intake.conftest import As
from intake.reports import REPORT, report
from intake_service.service.attachment_janitor import AttachmentJanitor
from runtime.lifecycle import Service

NAME = "张草稿"
_numbers: Iterator[int] = iter(range(1_000_000))


@pytest.fixture
def me(as_: As) -> dict[str, str]:
    """A citizen without drafts."""
    return as_(Role.CITIZEN, f"drafter-{next(_numbers)}")


async def kept(client: httpx.AsyncClient, headers: dict[str, str], **fields: Any) -> str:
    answer = await client.post("/drafts", json=fields, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def count(engine: AsyncEngine, table: str, where: str = "true", **values: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {where}"), values) or 0)


async def age(engine: AsyncEngine, days: int) -> None:
    async with engine.begin() as connection:
        for table, column in (("draft", "expires_at"), ("attachment", "created_at")):
            moved = sa.text(f"UPDATE {table} SET {column} = {column} - CAST(:by AS interval)")
            await connection.execute(moved, {"by": timedelta(days=days)})


async def test_a_citizen_goes_on_with_it_on_another_day(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    before = await count(engine, "outbox")
    begun = await client.post("/drafts", json={"description": "路灯", "kind": "help"}, headers=me)
    draft = begun.headers["Location"].removeprefix("/intake/v1")
    assert (begun.headers["ETag"], "report" in begun.json()) == ('"1"', False)
    more = {"source": "resident_app", "location": {"address": "麦溪社区3号"}, "reporter": {"name": NAME}}
    changed = await client.patch(draft, json=more, headers={**me, "If-Match": '"1"'})
    assert changed.json()["report"] == {"description": "路灯", "kind": "help", **more}
    dropped = await client.patch(draft, json={"reporter": None, "description": "路灯不亮"}, headers=me)
    shown = await client.get(draft, headers=me)
    assert shown.json() == dropped.json()
    assert shown.headers["ETag"] == dropped.headers["ETag"] == '"3"'
    assert await count(engine, "outbox") == before
    del more["reporter"]
    assert shown.json()["report"] == {**more, "kind": "help", "description": "路灯不亮"}

    submitted = await client.post(f"{draft}/submission", headers={**me, "If-Match": '"3"'})
    assert submitted.status_code == 201, submitted.text
    receipt = submitted.json()
    assert submitted.headers["Location"] == f"/intake/v1/complaints/{receipt['id']}"
    view = (await client.get(f"/complaints/{receipt['id']}", headers=me)).json()
    assert (view["description"], view["kind"], view["location"]["address"]) == ("路灯不亮", "help", "麦溪社区3号")
    assert await count(engine, "outbox", "aggregateid = :id", id=receipt["id"]) == 1
    for method, path in (("GET", draft), ("PATCH", draft), ("DELETE", draft), ("POST", f"{draft}/submission")):
        late = await client.request(method, path, json={} if method == "PATCH" else None, headers=me)
        assert (late.status_code, late.json()["type"].rpartition(":")[2]) == (409, "draft-submitted"), method
        assert late.json()["complaint"] == {"id": receipt["id"], "number": receipt["number"]}
    assert (await client.get("/drafts", headers=me)).json()["items"] == []
    assert await count(engine, "draft", "complaint_id = :id AND body = '{}'", id=receipt["id"]) == 1


async def test_an_operator_takes_it_down_while_the_caller_speaks(client: httpx.AsyncClient, as_: As) -> None:
    operator = as_(Role.OPERATOR, "operator-on-the-phone")
    draft = await kept(client, operator, source="hotline", reporter={"phone": "13800000000"})
    early = await client.post(f"/drafts/{draft}/submission", headers=operator)
    assert early.status_code == 422
    assert [error["pointer"] for error in early.json()["errors"]] == ["/description", "/location"]
    said = {"description": "楼下施工太吵", "location": {"lon": 107.23, "lat": 26.58}, "kind": "complaint"}
    assert (await client.patch(f"/drafts/{draft}", json=said, headers=operator)).status_code == 200
    key = {**operator, "Idempotency-Key": f"submit-{draft}"}
    first, again = [await client.post(f"/drafts/{draft}/submission", headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_the_rules_of_reports_hold_when_it_is_submitted(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    draft = await kept(client, me, **report(source="hotline", external_ref="x"))
    before = await count(engine, "complaint")
    refused = await client.post(f"/drafts/{draft}/submission", headers=me)
    codes = {(error["pointer"], error["code"]) for error in refused.json()["errors"]}
    assert codes == {("/source", "source-not-yours"), ("/external_ref", "external-ref-not-yours")}
    assert await count(engine, "complaint") == before
    assert (await client.get(f"/drafts/{draft}", headers=me)).headers["ETag"] == '"1"'


async def test_of_many_submissions_at_once_one_is_accepted(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    draft = await kept(client, me, **REPORT)
    before = await count(engine, "complaint")
    submit = [client.post(f"/drafts/{draft}/submission", headers=me) for _ in range(20)]
    answers = await asyncio.gather(*submit, client.patch(f"/drafts/{draft}", json={"kind": "help"}, headers=me))
    codes = sorted(answer.status_code for answer in answers[:-1])
    assert codes.count(201) <= 1
    assert set(codes) <= {201, 409, 412}
    assert await count(engine, "complaint") == before + codes.count(201)
    if 201 not in codes:
        assert (await client.post(f"/drafts/{draft}/submission", headers=me)).status_code == 201


async def test_nobody_else_sees_it(client: httpx.AsyncClient, as_: As, me: dict[str, str]) -> None:
    photo = await uploaded(client, as_, "drafter-with-photo")
    mine = as_(Role.CITIZEN, "drafter-with-photo")
    draft = await kept(client, mine, attachments=[photo], reporter={"name": NAME})
    assert (await client.get(f"/attachments/{photo}", headers=mine)).status_code == 200
    for role in Role:
        stranger = as_(role, f"stranger-{role}")
        statuses = [
            (await client.get(f"/drafts/{draft}", headers=stranger)).status_code,
            (await client.patch(f"/drafts/{draft}", json={}, headers=stranger)).status_code,
            (await client.delete(f"/drafts/{draft}", headers=stranger)).status_code,
            (await client.post(f"/drafts/{draft}/submission", headers=stranger)).status_code,
            (await client.get(f"/attachments/{photo}", headers=stranger)).status_code,
        ]
        assert set(statuses) <= {403, 404}, role
        if statuses[0] == 404:
            assert (await client.get("/drafts", headers=stranger)).json()["items"] == []
    elsewhere = as_(Role.CITIZEN, "drafter-with-photo", tenant="110101")
    assert (await client.get(f"/drafts/{draft}", headers=elsewhere)).status_code == 404
    assert (await client.get(f"/drafts/{draft}")).status_code == 401


async def test_it_keeps_its_attachments_until_its_time_is_over(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, service: Service
) -> None:
    mine = as_(Role.CITIZEN, "photographer")
    photos = [await uploaded(client, as_, "photographer") for _ in range(3)]
    draft = await kept(client, mine, attachments=photos[:2], reporter={"name": NAME})
    other = await kept(client, mine, description="另一份")
    stolen = await client.patch(f"/drafts/{other}", json={"attachments": [photos[2], photos[0]]}, headers=mine)
    assert [(e["pointer"], e["code"]) for e in stolen.json()["errors"]] == [("/attachments/1", "attachment-in-use")]
    foreign = await client.patch(f"/drafts/{other}", json={"attachments": [photos[2]]}, headers=as_(Role.CITIZEN, "x"))
    assert foreign.status_code == 404
    attaching, drafting = service.app.state.attaching, service.app.state.drafting
    janitor = AttachmentJanitor(engine, attaching.staging, attaching.pieces, attaching.removing)
    await age(engine, 29)
    await drafting.expire()
    await janitor.clean()
    assert (await client.get(f"/drafts/{draft}", headers=mine)).status_code == 200
    found = [(await client.get(f"/attachments/{photo}", headers=mine)).status_code for photo in photos]
    assert found == [200, 200, 404]
    fewer = await client.patch(f"/drafts/{draft}", json={"attachments": photos[:1]}, headers=mine)
    assert fewer.status_code == 200  # and its time begins anew
    await age(engine, 29)
    await drafting.expire()
    await janitor.clean()
    assert (await client.get(f"/drafts/{draft}", headers=mine)).json()["report"]["attachments"] == photos[:1]
    assert (await client.get(f"/attachments/{photos[1]}", headers=mine)).status_code == 404
    await age(engine, 2)
    assert (await client.get(f"/drafts/{draft}", headers=mine)).status_code == 404
    await drafting.expire()
    await janitor.clean()
    assert await count(engine, "draft", "owner = 'photographer'") == 0
    assert await count(engine, "attachment", "uploaded_by = 'photographer'") == 0


async def test_its_attachments_go_with_the_complaint(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    mine = as_(Role.CITIZEN, "sender")
    photo = await uploaded(client, as_, "sender")
    draft = await kept(client, mine, **report(attachments=[photo]))
    receipt = (await client.post(f"/drafts/{draft}/submission", headers=mine)).json()
    view = (await client.get(f"/complaints/{receipt['id']}", headers=mine)).json()
    assert view["attachments"] == [photo]
    assert (await client.get(f"/attachments/{photo}", headers=as_(Role.OPERATOR))).status_code == 200
    erasure = {"ground": "request", "reason": "本人要求"}
    await client.post(f"/complaints/{receipt['id']}/erasure", json=erasure, headers=as_(Role.SUPERVISOR))
    assert await count(engine, "draft", "complaint_id = :id", id=receipt["id"]) == 0


async def test_it_is_forgotten_when_it_is_deleted(
    client: httpx.AsyncClient, engine: AsyncEngine, me: dict[str, str]
) -> None:
    key = {**me, "Idempotency-Key": "one-draft"}
    first, again = [await client.post("/drafts", json={"reporter": {"name": NAME}}, headers=key) for _ in range(2)]
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    draft = first.json()["id"]
    stale = await client.delete(f"/drafts/{draft}", headers={**me, "If-Match": '"7"'})
    assert stale.status_code == 412
    assert (await client.delete(f"/drafts/{draft}", headers=me)).status_code == 204
    assert (await client.delete(f"/drafts/{draft}", headers=me)).status_code == 404
    async with engine.connect() as connection:
        for table in ("draft", "idempotency_key", "outbox"):
            rows = (await connection.execute(sa.text(f"SELECT row_to_json(t)::text FROM {table} t"))).scalars()
            assert not any(NAME in row or json.dumps(NAME)[1:-1] in row for row in rows), table


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "praise"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"location": {"lon": 107.2}}, "/location"),
        ({"description": ""}, "/description"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"order": {"number": 7}}, "/order/number"),
        ({"nonsense": 1}, "/nonsense"),
    ],
)
async def test_each_field_is_checked_when_it_is_written(
    client: httpx.AsyncClient, me: dict[str, str], body: dict[str, Any], pointer: str
) -> None:
    draft = await kept(client, me, description="好的")
    for answer in (
        await client.post("/drafts", json=body, headers=me),
        await client.patch(f"/drafts/{draft}", json=body, headers=me),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await client.get(f"/drafts/{draft}", headers=me)).json()["report"] == {"description": "好的"}


async def test_a_person_keeps_so_many_and_no_more(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    answers = await asyncio.gather(*(client.post("/drafts", json={}, headers=me) for _ in range(25)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 5
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["type"].rpartition(":")[2] == "too-many-drafts"
    seen: list[str] = []
    url: str | None = "/drafts?limit=7"
    while url:
        page = await client.get(f"http://intake.test{url}" if url.startswith("/intake") else url, headers=me)
        seen += [item["id"] for item in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 20
    await client.delete(f"/drafts/{seen[0]}", headers=me)
    assert (await client.post("/drafts", json={}, headers=me)).status_code == 201
