"""The reporter's word by query code and by link: who is heard, once, and what others are told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import query_code_digest
from contracts.roles import Role
from histories import OWNER, TENANT, History
from ledger.closings import CODE, Closings
from ledger.conftest import SECRET, As, Enter
from ledger_service.domain.feedback_links import FeedbackLink, link_key
from refusals import code_of
from runtime.scrubbing import scrub_text

WORD: dict[str, Any] = {"satisfaction": "dissatisfied", "solved": False, "comment": "没人来过"}


@pytest_asyncio.fixture(loop_scope="session")
async def closings(closings: Closings) -> Closings:
    """Begin without wrong codes as well."""
    async with closings.engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM wrong_code"))
    return closings


def receipt(history: History, code: str = CODE) -> dict[str, Any]:
    """Return a word as whoever holds the receipt sends it."""
    return {"number": f"{TENANT}-{history.id.hex[-12:]}", "query_code": code, **WORD}


async def said(engine: AsyncEngine, history: History) -> dict[str, Any]:
    """Return what the newest entry about a complaint says."""
    statement = sa.text("SELECT data FROM entry WHERE complaint_id = :id ORDER BY position DESC LIMIT 1")
    async with engine.connect() as connection:
        data: dict[str, Any] = json.loads((await connection.execute(statement, {"id": history.id})).scalar_one())
        return data


async def link_to(closings: Closings, history: History, **body: Any) -> dict[str, Any]:
    made = await closings.post(history, "feedback-links", body, closings.operator)
    assert made.status_code == 200, made.text
    link: dict[str, Any] = made.json()
    return link


async def test_whoever_has_the_receipt_speaks_once(closings: Closings) -> None:
    history = await closings.resolved()
    early = await closings.client.post("/feedback", json=receipt(history), headers={"Accept-Language": "zh"})
    assert (code_of(early), early.json()["present"]) == ((409, "feedback-too-early"), {"status": "resolved"})
    assert early.json()["detail"] == "诉求结案后才能评价，当前状态为“已处置，待核查”。"
    await closings.post(history, "verification", {"method": "photo"}, closings.inspector)
    heard = await closings.client.post("/feedback", json=receipt(history, CODE.lower()))
    assert (heard.status_code, heard.headers["Cache-Control"]) == (200, "no-store")
    assert heard.json() == {"number": receipt(history)["number"], "satisfaction": "dissatisfied", "solved": False}
    assert await said(closings.engine, history) == {"actor": "reporter", "channel": "code", **WORD}
    assert code_of(await closings.client.post("/feedback", json=receipt(history))) == (409, "feedback-exists")


@pytest.mark.parametrize(("ending", "name"), [("withdrawn", "已撤回"), ("rejected", "不予受理")])
async def test_what_will_not_be_closed_is_not_rated(closings: Closings, enter: Enter, ending: str, name: str) -> None:
    history = History()
    history.received(query_code_digest=query_code_digest(history.id, CODE))
    getattr(history, ending)()
    await enter(history)
    for answer in (
        await closings.client.post("/feedback", json=receipt(history), headers={"Accept-Language": "zh"}),
        await closings.post(history, "feedback-links", {}, closings.operator | {"Accept-Language": "zh"}),
    ):
        assert (code_of(answer), answer.json()["present"]) == ((409, "feedback-impossible"), {"status": ending})
        assert answer.json()["detail"] == f"诉求当前状态为“{name}”，不再办理，无需评价。"


async def test_of_what_was_merged_the_reporter_of_the_master_gives_the_word(
    closings: Closings, enter: Enter, as_: As
) -> None:
    history = History()
    history.received(query_code_digest=query_code_digest(history.id, CODE))
    history.merged()
    await enter(history)
    for answer in (
        await closings.client.post("/feedback", json=receipt(history), headers={"Accept-Language": "zh"}),
        await closings.post(history, "feedback", WORD, as_(Role.CITIZEN, OWNER) | {"Accept-Language": "zh"}),
        await closings.post(history, "feedback-links", {}, closings.operator | {"Accept-Language": "zh"}),
    ):
        assert (code_of(answer), answer.json()["present"]["status"]) == ((409, "feedback-at-master"), "merged")
        detail = "诉求已与另一件并案办理，由该件的诉求人评价。如办结后问题没有解决，请重新反映。"
        assert answer.json()["detail"] == detail
    assert await closings.types(history) == []


async def test_a_wrong_code_and_an_unknown_number_look_alike(closings: Closings) -> None:
    history = await closings.verified()
    wrong = await closings.client.post("/feedback", json=receipt(history, "AAAAAAAAAAAA"))
    unknown = await closings.client.post("/feedback", json={**receipt(history), "number": "522723-0"})
    assert code_of(wrong) == code_of(unknown) == (404, "query-code-unknown")
    alike = [{**answer.json(), "request_id": None} for answer in (wrong, unknown)]
    assert alike[0] == alike[1]
    silent = await closings.verified(query_code_digest=None)
    assert code_of(await closings.client.post("/feedback", json=receipt(silent))) == (404, "query-code-unknown")
    assert await closings.types(history) == ["verified", "closed"]


async def test_guessing_ends_soon_and_hinders_nobody_else(closings: Closings) -> None:
    history, other = await closings.verified(), await closings.verified()
    for _ in range(10):
        assert (await closings.client.post("/feedback", json=receipt(history, "AAAAAAAAAAAA"))).status_code == 404
    refused = await closings.client.post("/feedback", json=receipt(history))
    assert code_of(refused) == (429, "too-many-tries")
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    assert (await closings.client.post("/feedback", json=receipt(other))).status_code == 200
    link = await link_to(closings, history)
    assert (await closings.client.post(f"/feedback/{link['token']}", json=WORD)).status_code == 200
    for number in range(90):
        body = {**receipt(other), "number": f"522723-{number}"}
        assert (await closings.client.post("/feedback", json=body)).status_code == 404
    flood = await closings.client.post("/feedback", json={**receipt(other), "number": "522723-new"})
    assert code_of(flood) == (429, "too-many-tries")


async def test_a_link_shows_what_it_asks_about_and_takes_one_word(closings: Closings) -> None:
    history = await closings.verified(description="门牌 12 号张三家门口")
    link = await link_to(closings, history, valid_days=7)
    assert link["path"] == f"/ledger/v1/feedback/{link['token']}"
    shown = await closings.client.get(f"/feedback/{link['token']}")
    assert shown.json() == {
        "number": receipt(history)["number"],
        "category": "street_order.vendors",
        "status": "closed",
        "status_label": {"zh": "已结案", "en": "Closed"},
        "closed_at": shown.json()["closed_at"],
        "handling_mode": "guidance",
        "result": "已劝离",
        "rated": False,
        "expires_at": link["expires_at"],
    }
    days = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < days < timedelta(days=7, minutes=1)
    heard = await closings.client.post(f"/feedback/{link['token']}", json=WORD)
    assert (heard.status_code, heard.json()["number"]) == (200, receipt(history)["number"])
    assert await said(closings.engine, history) == {"actor": "reporter", "channel": "link", **WORD}
    assert (await closings.client.get(f"/feedback/{link['token']}")).json()["rated"] is True
    assert code_of(await closings.client.post(f"/feedback/{link['token']}", json=WORD)) == (409, "feedback-exists")


async def test_a_link_ends_with_its_time_and_with_its_round(closings: Closings) -> None:
    history = await closings.verified()
    key = link_key(SECRET)
    past = datetime.now(UTC) - timedelta(seconds=1)
    expired = FeedbackLink(TENANT, history.id, 1, past).sign(key)
    for answer in (
        await closings.client.get(f"/feedback/{expired}"),
        await closings.client.post(f"/feedback/{expired}", json=WORD),
    ):
        assert code_of(answer) == (410, "feedback-link-expired")
    link = await link_to(closings, history)
    await closings.post(history, "reopening", {"reason": "又来了"}, closings.operator)
    assert code_of(await closings.client.get(f"/feedback/{link['token']}")) == (410, "feedback-link-expired")
    early = await closings.post(history, "feedback-links", {}, closings.operator)
    assert code_of(early) == (409, "feedback-too-early")


async def test_what_we_did_not_sign_is_no_link(closings: Closings) -> None:
    history = await closings.verified()
    token = (await link_to(closings, history))["token"]
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    foreign = FeedbackLink(TENANT, history.id, 1, datetime.now(UTC) + timedelta(days=1)).sign(link_key("x" * 32))
    for text in (changed, foreign, token[:-1], token + "A", "jbf_", "jbf_" + "A" * 60, token.removeprefix("jbf_")):
        assert code_of(await closings.client.get(f"/feedback/{text}")) == (404, "feedback-link-unknown"), text
        assert code_of(await closings.client.post(f"/feedback/{text}", json=WORD)) == (404, "feedback-link-unknown")
    assert await closings.types(history) == ["verified", "closed"]


async def test_only_the_bureau_makes_links_for_its_own_complaints(closings: Closings, as_: As) -> None:
    history = await closings.verified()
    assert (await closings.post(history, "feedback-links", {}, as_(Role.CITIZEN, OWNER))).status_code == 403
    assert (await closings.post(history, "feedback-links", {}, as_(Role.OPERATOR, tenant="110101"))).status_code == 404
    assert (await closings.post(history, "feedback-links", {"valid_days": 31}, closings.operator)).status_code == 422


async def test_without_a_secret_there_are_no_links(closings: Closings, app: FastAPI) -> None:
    history = await closings.verified()
    token = (await link_to(closings, history))["token"]
    key, app.state.feedback_key = app.state.feedback_key, None
    try:
        for answer in (
            await closings.post(history, "feedback-links", {}, closings.operator),
            await closings.client.get(f"/feedback/{token}"),
        ):
            assert code_of(answer) == (409, "feedback-links-unsigned")
    finally:
        app.state.feedback_key = key


def test_logs_leave_links_out() -> None:
    link = FeedbackLink(TENANT, History().id, 1, datetime.now(UTC)).sign(link_key(SECRET))
    assert scrub_text(f"/ledger/v1/feedback/{link}?x=1") == "/ledger/v1/feedback/[scrubbed]?x=1"


async def test_the_account_and_the_operator_are_told_apart(closings: Closings, as_: As) -> None:
    first, second = await closings.verified(), await closings.verified()
    await closings.post(first, "feedback", WORD, as_(Role.CITIZEN, OWNER))
    await closings.post(second, "feedback", WORD, closings.operator)
    assert [(await said(closings.engine, each))["channel"] for each in (first, second)] == ["account", "operator"]
