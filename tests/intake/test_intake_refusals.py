"""Refusals that no other module comes by, each with its code, and its words in both languages."""

from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.configuring import category, configuration
from intake.conftest import TENANT, As
from intake.reporter import Reporter
from intake.reports import HOTLINE, REPORT, report
from intake_service.domain.reporting import MOST_QUESTIONS
from intake_service.persistence import followers
from intake_service.service.following import MOST
from intake_service.service.lapsing import lapse_due
from intake_service.service.likeness_index import LikenessIndex
from refusals import code_of, errors_of
from runtime import clock
from runtime.ids import uuid7

UNKNOWN = UUID(int=7)


@pytest.mark.parametrize(
    ("method", "path", "role", "code"),
    [
        ("GET", f"/attachments/{UNKNOWN}", Role.CITIZEN, "attachment-not-found"),
        ("GET", f"/drafts/{UNKNOWN}", Role.CITIZEN, "draft-not-found"),
        ("GET", f"/triage/{UNKNOWN}", Role.OPERATOR, "triage-item-not-found"),
        ("POST", f"/attachments/{UNKNOWN}/publication", Role.OPERATOR, "photo-not-found"),
    ],
)
async def test_what_is_not_there(
    client: httpx.AsyncClient, as_: As, method: str, path: str, role: Role, code: str
) -> None:
    told = []
    for language in ("en", "zh-CN"):
        headers = as_(role) | {"Accept-Language": language}
        answer = await client.request(method, path, json={"public": True}, headers=headers)
        assert code_of(answer) == (404, code)
        told.append(answer.json()["detail"])
    assert told[0].isascii()
    assert not told[1].isascii()


async def test_a_piece_of_an_unknown_upload(client: httpx.AsyncClient, as_: As) -> None:
    headers = as_(Role.CITIZEN) | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    answer = await client.patch(f"/attachments/uploads/{UNKNOWN}", content=b"x", headers=headers)
    assert code_of(answer) == (404, "upload-not-found")


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"active_to": "2026-01-01T00:00:00Z"}, "source-retired"),
        ({"active_from": "2099-01-01T00:00:00Z"}, "source-not-yet"),
    ],
)
async def test_a_source_is_there_for_its_time(
    client: httpx.AsyncClient, as_: As, span: dict[str, str], code: str
) -> None:
    tenant = f"t{uuid7().hex[-10:]}"
    admin, citizen = as_(Role.ADMIN, tenant=tenant), as_(Role.CITIZEN, tenant=tenant)
    given = configuration()
    next(each for each in given["sources"] if each["code"] == "resident_app").update(span)
    assert (await client.put("/configuration/draft", json=given, headers=admin)).is_success
    assert (await client.post("/configuration/publication", json={}, headers=admin)).is_success
    answer = await client.post("/complaints", json=REPORT, headers=citizen)
    assert errors_of(answer) == [("/source", code)]


async def test_a_configuration_says_nothing_twice(client: httpx.AsyncClient, as_: As) -> None:
    given = configuration()
    asked = [{"name": "which", "zh": "哪个", "en": "Which", "type": "text"}]
    category(given, "street_order")["questions"] = asked
    category(given, "street_order.parking").update(questions=asked, gates=["verification", "verification"])
    place = [each["code"] for each in given["categories"]].index("street_order.parking")
    answer = await client.post("/configuration/check", json=given, headers=as_(Role.ADMIN))
    assert errors_of(answer) == [
        (f"/categories/{place}/questions/0/name", "question-asked-above"),
        (f"/categories/{place}/gates", "category-gate-twice"),
    ]
    both = await client.get("/categories", params={"version": 1, "at": "2026-01-01T00:00:00Z"})
    assert errors_of(both) == [("query/at", "version-or-moment")]


async def test_a_category_out_of_scope_is_none_to_put_a_complaint_into(client: httpx.AsyncClient, as_: As) -> None:
    tenant = f"t{uuid7().hex[-10:]}"
    admin = as_(Role.ADMIN, tenant=tenant)
    given = configuration()
    category(given, "other")["advice"] = {"zh": "请拨打110", "en": "Call 110"}
    assert (await client.put("/configuration/draft", json=given, headers=admin)).is_success
    assert (await client.post("/configuration/publication", json={}, headers=admin)).is_success
    filed = await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR, tenant=tenant))
    moved = {"category": "other", "reason": "不属本类"}
    path = f"/complaints/{filed.json()['id']}/reclassification"
    answer = await client.post(path, json=moved, headers=as_(Role.OPERATOR, tenant=tenant))
    assert errors_of(answer) == [("/category", "category-out-of-scope")]


async def test_a_supplement_says_something(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    filed = await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR))
    reporter = Reporter(client, engine, as_, filed.json())
    assert errors_of(await reporter.says("supplements", text=" \n　")) == [("/text", "blank-text")]


async def test_so_many_questions_are_asked_and_no_more(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    filed = await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR))
    reporter = Reporter(client, engine, as_, filed.json())
    await reporter.happens(reporter.promised())
    for _ in range(MOST_QUESTIONS):
        asked = await reporter.asked()
        assert asked.status_code == 201, asked.text
        assert (await reporter.says(f"questions/{asked.json()['id']}/answer", text="是")).status_code == 201
    refused = await reporter.asked()
    assert code_of(refused) == (409, "too-many-questions")
    assert str(MOST_QUESTIONS) in refused.json()["detail"]
    assert await lapse_due(engine) == 0


async def test_so_many_complaints_are_followed_and_no_more(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    subject = f"follower-{uuid4().hex}"
    text = f"翡翠林居五栋油烟直排，门牌{uuid4().hex}"
    body = report(description=text)
    for _ in range(2):
        assert (await client.post("/complaints", json=body, headers=as_(Role.CITIZEN, "wang"))).status_code == 201
    while await LikenessIndex(engine).work():
        pass
    question = {"description": text, "location": REPORT["location"]}
    headers = as_(Role.CITIZEN, subject)
    items = (await client.post("/similar", json=question, headers=headers)).json()["items"]
    first, second = (each["handle"] for each in items[:2])
    assert (await client.post(f"/complaints/{first}/follow", json={}, headers=headers)).status_code == 204
    async with engine.begin() as connection:
        for _ in range(MOST - 1):
            await followers.follow(connection, TENANT, subject, uuid7(), is_affected=False, now=clock.now())
    refused = await client.post(f"/complaints/{second}/follow", json={}, headers=headers)
    assert code_of(refused) == (409, "follows-too-many")
    assert (await client.post(f"/complaints/{first}/follow", json={"me_too": True}, headers=headers)).status_code == 204
    assert (await client.delete(f"/complaints/{first}/follow", headers=headers)).status_code == 204
    assert (await client.post(f"/complaints/{second}/follow", json={}, headers=headers)).status_code == 204


async def test_lists_of_words_and_templates_have_their_bounds(client: httpx.AsyncClient, as_: As) -> None:
    facts = {"zh": "词", "en": "Words", "reason": "spam", "kind": "words"}
    rules = [
        {**facts, "code": f"r{place}", "words": [f"词{place}-{number}" for number in range(500)]} for place in range(3)
    ]
    answer = await client.put("/triage/rules", json={"rules": rules}, headers=as_(Role.ADMIN))
    assert [code for _, code in errors_of(answer)] == ["too-many-words"]
    template = {"code": "police", "reason": "out_of_scope", "zh": "请拨打110", "en": "Call 110"}
    answer = await client.put("/rejection-templates", json={"templates": [template] * 2}, headers=as_(Role.ADMIN))
    assert [code for _, code in errors_of(answer)] == ["template-twice"]
