"""What was written about an activity goes, its figures and every proof stay."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from ledger.conftest import As, Headers
from ledger.exports import exported, flaws_of, verify
from ledger.test_ledger_activities import body, bulletin, recorded
from ledger.test_ledger_tampering import tamper
from ledger_service.service.proving import seal_and_sign, sign_all
from outboxes import published
from refusals import code_of

WHY = {"ground": "request", "reason": "本人书面申请，登记号 2026-17"}
CANARY = "王芳13800000000"
SAID: dict[str, Any] = {
    "note": f"走访 {CANARY}",
    "evidence": ["photo 17", f"{CANARY} 签字"],
    "location": {"lon": 107.2357, "lat": 26.5807, "address": f"{CANARY}家"},
}
_WIPE = "UPDATE entry SET data = NULL, actor = NULL, salt = NULL WHERE subject = '{id}'"
_WIPE_BY_HAND = (
    "UPDATE entry SET data = NULL, actor = NULL, salt = NULL,"
    " erased_digest = (SELECT digest FROM seal WHERE seal.position = entry.position) WHERE subject = '{id}'"
)
_COUNTIES = count(620001)


@pytest.fixture
def tenant() -> str:
    return str(next(_COUNTIES))


@pytest.fixture
def admin(as_: As, tenant: str) -> Headers:
    return as_(Role.ADMIN, tenant=tenant)


@pytest.fixture
def officer(as_: As, tenant: str) -> Headers:
    return as_(Role.OFFICER, tenant=tenant)


@pytest.fixture
def supervisor(as_: As, tenant: str) -> Headers:
    return as_(Role.SUPERVISOR, tenant=tenant)


@pytest.fixture
def sign(app: FastAPI, engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    async def sign() -> None:
        for _ in range(3):  # what is settled follows behind
            await seal_and_sign(engine, None)
        await sign_all(engine, app.state.signer_of, every=timedelta())

    return sign


async def erase(client: httpx.AsyncClient, headers: Headers, activity: Any, **changes: Any) -> httpx.Response:
    return await client.post(f"/activities/{activity['id']}/erasure", headers=headers, json=WHY | changes)


async def entries_of(client: httpx.AsyncClient, headers: Headers, activity: Any) -> list[Any]:
    answer = await client.get(f"/entries?subject={activity['id']}", headers=headers)
    items: list[Any] = answer.json()["items"]
    return items


async def lives_on(engine: AsyncEngine) -> list[str]:
    """Return the tables in which the canary is."""
    async with engine.connect() as connection:
        tables = (
            await connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).all()
        return [
            table
            for table in tables
            if await connection.scalar(sa.text(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE :said LIMIT 1'),
                                       {"said": f"%{CANARY}%"})
        ]  # fmt: skip


async def test_words_go_and_figures_stay(
    client: httpx.AsyncClient, engine: AsyncEngine, officer: Headers, supervisor: Headers, admin: Headers
) -> None:
    made = await recorded(client, officer | {"Idempotency-Key": "k-1"}, **SAID)
    change = body(**SAID, quantity=31, reason=f"{CANARY} 来电")
    assert (await client.post(f"/activities/{made['id']}/correction", headers=officer, json=change)).is_success
    other = await recorded(client, officer, **SAID)
    why = {"reason": f"{CANARY} 不同意"}
    assert (await client.post(f"/activities/{other['id']}/voiding", headers=supervisor, json=why)).is_success
    said = await bulletin(client, officer, "from=2024-03-01&to=2024-03-31")
    before = (await client.get(f"/activities/{made['id']}", headers=officer)).json()

    answers = [await erase(client, admin, made), await erase(client, admin, other)]

    assert [(answer.status_code, answer.headers["ETag"]) for answer in answers] == [(200, '"3"'), (200, '"3"')]
    after = (await client.get(f"/activities/{made['id']}", headers=officer)).json()
    assert after == answers[0].json()
    assert after == before | {
        "version": 3, "note": None, "evidence": [], "erased_at": after["erased_at"],
        "location": before["location"] | {"address": None},
    }  # fmt: skip
    assert (after["evidence_count"], before["erased_at"], after["erased_at"] is None) == (2, None, False)
    voided = answers[1].json()
    assert (voided["void_reason"], voided["voided_at"] is None) == (None, False)
    assert await bulletin(client, officer, "from=2024-03-01&to=2024-03-31") == said
    erasure, *erased = await entries_of(client, officer, made)
    assert [(line["type"], line["erased"], line["actor"], line["data"]) for line in erased] == [
        ("activity.corrected", True, None, {}), ("activity.recorded", True, None, {})
    ]  # fmt: skip
    assert (erasure["type"], erasure["actor"], erasure["label"]["zh"]) == ("activity.erased", "admin-1", "删除活动文字")
    facts = {"quantity": 31, "day": "2024-03-05", "team": "team-01", "evidence_erased": 2, **WHY}
    assert facts.items() <= erasure["data"].items()
    assert await lives_on(engine) == ["outbox"], "for seven days, as descriptions of complaints"
    again = await client.post(
        "/activities", headers=officer | {"Idempotency-Key": "k-1"}, json=body(**SAID)
    )  # what it answered once is gone
    assert code_of(again) == (410, "answer-erased")
    *_, told = await published(engine, made["id"])
    assert (told["type"], told["sequence"], told["data"]) == ("activity.erased", 3, {"actor": "admin-1", **WHY})


async def test_a_repeat_changes_nothing_until_something_is_written_again(
    client: httpx.AsyncClient, engine: AsyncEngine, officer: Headers, admin: Headers
) -> None:
    made = await recorded(client, officer, **SAID)
    first = await erase(client, admin, made)
    answers = await asyncio.gather(*(erase(client, admin, made, reason="再来") for _ in range(3)))
    assert [(each.status_code, each.json()) for each in answers] == [(200, first.json())] * 3
    assert len(await entries_of(client, officer, made)) == 2
    change = body(**SAID, reason=CANARY)
    corrected = await client.post(f"/activities/{made['id']}/correction", headers=officer, json=change)
    assert (corrected.json()["evidence_count"], len(corrected.json()["evidence"])) == (2, 2)
    again = await erase(client, admin, made)
    assert (again.json()["version"], again.json()["evidence"], again.json()["evidence_count"]) == (4, [], 2)
    kinds = [(line["type"], line["erased"]) for line in await entries_of(client, officer, made)]
    assert kinds == [
        ("activity.erased", False), ("activity.corrected", True), ("activity.erased", False),
        ("activity.recorded", True),
    ]  # fmt: skip
    assert [told["sequence"] for told in await published(engine, made["id"])] == [1, 2, 3, 4]


async def test_who_may_erase_what(
    client: httpx.AsyncClient, as_: As, tenant: str, officer: Headers, supervisor: Headers, admin: Headers
) -> None:
    made = await recorded(client, officer, **SAID)
    for role in set(Role) - {Role.SUPERVISOR, Role.ADMIN}:
        assert (await erase(client, as_(role, tenant=tenant), made)).status_code == 403, role
    elsewhere = as_(Role.ADMIN, tenant="a-elsewhere")
    assert code_of(await erase(client, elsewhere, made)) == (404, "activity-not-found")
    unknown = {"id": "019a0000-0000-7000-8000-000000000000"}
    assert code_of(await erase(client, admin, unknown)) == (404, "activity-not-found")
    for wrong in ({"reason": " "}, {"reason": ""}, {"reason": "x" * 501}, {"ground": "retention"}, {"texts": True}):
        assert (await erase(client, admin, made, **wrong)).status_code == 422, wrong
    assert (await client.post(f"/activities/{made['id']}/erasure", headers=admin, json={})).status_code == 422
    assert (await erase(client, admin | {"If-Match": '"2"'}, made)).status_code == 412
    assert (await client.get(f"/activities/{made['id']}", headers=officer)).json() == made
    key = supervisor | {"If-Match": '"1"', "Idempotency-Key": "e-1"}
    answers = [await erase(client, key, made) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (answers[1].json(), answers[1].headers["Idempotency-Replayed"]) == (answers[0].json(), "true")


@pytest.mark.parametrize("signs_before", [True, False])
async def test_verify_passes_and_counts_what_is_erased(
    client: httpx.AsyncClient, officer: Headers, supervisor: Headers, tmp_path: Path,
    sign: Callable[[], Awaitable[None]], signs_before: bool,
) -> None:  # fmt: skip
    made = [await recorded(client, officer, **SAID) for _ in range(2)]
    if signs_before:
        await sign()
    assert (await erase(client, supervisor, made[0])).is_success
    await sign()
    path = await exported(client, supervisor, tmp_path / "ledger.jsonl")
    code, said = await asyncio.to_thread(verify, path)
    assert (code, "1 of them were erased, each by an entry that says so." in said) == (0, True), said
    assert path.read_text().count(f"走访 {CANARY}") == 1


async def test_what_is_wiped_by_hand_is_found(
    client: httpx.AsyncClient, engine: AsyncEngine, officer: Headers, supervisor: Headers,
    sign: Callable[[], Awaitable[None]],
) -> None:  # fmt: skip
    first, second = [await recorded(client, officer, **SAID) for _ in range(2)]
    await sign()
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(sa.text(_WIPE.format(**first)))
    await tamper(engine, _WIPE_BY_HAND.format(**first))
    assert (await erase(client, supervisor, second)).is_success
    assert [(flaw.kind, flaw.first) for flaw in await flaws_of(client, supervisor)] == [("wiped", 0)]
    with pytest.raises(DBAPIError, match="append-only"):  # an erasure stays what it is
        async with engine.begin() as connection:
            await connection.execute(sa.text(_WIPE.format(**second)))
