"""Taking a complaint back with the query code: as who is signed in does, by dispatch's word."""

import asyncio
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.lifecycle import Status
from contracts.roles import Role
from intake.attachments.files import PDF
from intake.conftest import As
from intake.reporter import Reporter
from intake.reports import HOTLINE
from intake_service.persistence.tables import complaint
from intake_service.service import ending
from outboxes import published
from refusals import code_of


@pytest.fixture
async def reporter(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> Reporter:
    """Somebody who has called the hotline: no account, but a receipt."""
    answer = await client.post("/complaints", json=HOTLINE, headers=as_(Role.OPERATOR))
    return Reporter(client, engine, as_, answer.json())


async def _asked(reporter: Reporter) -> UUID:
    query = sa.select(complaint.c.release_request).where(complaint.c.id == reporter.history.id)
    for _ in range(200):
        async with reporter.engine.connect() as connection:
            request = await connection.scalar(query)
        if request is not None:
            return UUID(str(request))
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was asked of dispatch")


async def test_who_has_the_code_takes_it_back_and_nobody_is_named(reporter: Reporter) -> None:
    await reporter.happens(reporter.promised())
    asking = [asyncio.create_task(reporter.says("withdrawal", reason="已自行清理")) for _ in range(2)]
    request = await _asked(reporter)
    await reporter.happens(reporter.history.released(request, Status.ASSIGNED))
    answers = [await each for each in asking]
    assert {(each.status_code, each.json()["withdrawal"]) for each in answers} == {(200, "withdrawn")}
    assert answers[0].headers["ETag"]
    seen = await reporter.sees()
    assert (seen["status"], seen["actions"], seen["timeline"][-1]["kind"]) == ("withdrawn", [], "withdrawn")
    assert [each for each, _ in await reporter.told()].count("release_requested") == 1
    rows = await published(reporter.engine, reporter.history.id)
    assert [row["data"]["actor"] for row in rows if row["type"] == "complaint.release_requested"] == ["reporter"]
    assert code_of(await reporter.says("withdrawal")) == (409, "withdrawn-already")


async def test_an_officer_who_was_quicker_wins_and_the_reporter_is_told_what_to_do(reporter: Reporter) -> None:
    history = reporter.history
    await reporter.happens(reporter.promised(), history.accepted(), history.started())
    asking = asyncio.create_task(reporter.says("withdrawal"))
    request = await _asked(reporter)
    await reporter.happens(history.resolved(), history.release_refused(request, Status.RESOLVED))
    answer = await asking
    assert code_of(answer) == (409, "withdrawal-too-late")
    assert answer.json()["present"]["status"] == "resolved"
    assert code_of(await reporter.says("withdrawal")) == (409, "withdrawal-too-late")
    assert "withdraw" not in [each["action"] for each in (await reporter.sees())["actions"]]


async def test_while_dispatch_is_away_the_wish_is_kept(reporter: Reporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.05)
    for _ in range(2):
        answer = await reporter.says("withdrawal", reason="不用了")
        assert (answer.status_code, answer.json()["withdrawal"]) == (202, "requested")
    assert [each["action"] for each in (await reporter.sees())["actions"]] == ["supplement"]
    await reporter.happens(reporter.history.released(await _asked(reporter), Status.RECEIVED))
    assert (await reporter.sees())["status"] == "withdrawn"


async def test_nothing_is_uploaded_for_what_was_taken_back(reporter: Reporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.05)
    await reporter.says("withdrawal")
    path = f"/attachments/by-code/{reporter.receipt['number']}"

    async def uploads() -> httpx.Response:
        files = {"file": ("a.pdf", PDF, "application/pdf")}
        return await reporter.client.post(path, params={"query_code": reporter.code}, files=files)

    assert (await uploads()).status_code == 201
    await reporter.happens(reporter.history.released(await _asked(reporter), Status.RECEIVED))
    refused = await uploads()
    assert code_of(refused) == (409, "illegal-transition")
    assert refused.json()["present"]["status"] == "withdrawn"


@pytest.mark.parametrize("ended", ["voided", "rejected", "transferred"])
async def test_what_cannot_be_taken_back_says_why(reporter: Reporter, ended: str) -> None:
    history = reporter.history
    if ended == "transferred":
        await reporter.happens(reporter.promised(), history.transferred())
    else:
        async with reporter.engine.begin() as connection:
            await connection.execute(sa.update(complaint).where(complaint.c.id == history.id).values(status=ended))
    code = "withdrawal-elsewhere" if ended == "transferred" else "withdrawal-of-ended"
    assert code_of(await reporter.says("withdrawal")) == (409, code)


async def test_wrong_codes_are_counted_and_ask_nothing_of_dispatch(reporter: Reporter) -> None:
    path = f"{reporter.path}/withdrawal"
    for _ in range(10):
        wrong = await reporter.client.post(path, json={"query_code": "AAAABBBBCCCC"})
        assert code_of(wrong) == (404, "complaint-not-found")
    assert code_of(await reporter.says("withdrawal")) == (429, "too-many-tries")
    assert [each for each, _ in await reporter.told()] == ["received"]


@pytest.mark.parametrize(
    "body", [{}, {"query_code": ""}, {"query_code": "A" * 12, "reason": " "}, {"query_code": "A" * 12, "id": "x"}]
)
async def test_a_body_of_another_shape_is_refused(reporter: Reporter, body: dict[str, str]) -> None:
    assert (await reporter.client.post(f"{reporter.path}/withdrawal", json=body)).status_code == 422
