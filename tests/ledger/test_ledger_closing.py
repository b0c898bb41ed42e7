"""Verifying and rating over REST: what is answered, entered and published."""

import asyncio

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import OWNER, History
from ledger.conftest import As, Enter
from outboxes import published

VERIFICATION = {"method": "on_site", "note": "现场已清理"}
FEEDBACK = {"satisfaction": "satisfied", "solved": True, "comment": "处理很快"}


async def test_a_passed_verification_closes_the_complaint_and_publishes_both(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    headers = as_(Role.INSPECTOR) | {"traceparent": trace}
    answer = await client.post(f"/complaints/{history.id}/verification", json=VERIFICATION, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"7"'
    assert (answer.json()["status"], answer.json()["version"]) == ("closed", 7)
    assert answer.json()["closed_at"] is not None
    verified, closed = await published(engine, history.id)
    assert (verified["type"], closed["type"]) == ("complaint.verified", "complaint.closed")
    assert (verified["sequence"], closed["sequence"]) == (1, 2)
    assert {verified["source"], closed["source"]} == {"ledger"}
    assert (verified["causationid"], verified["correlationid"]) == (None, verified["id"])
    assert (closed["causationid"], closed["correlationid"]) == (verified["id"], verified["id"])
    assert verified["traceparent"].split("-")[1] == "a" * 32
    assert verified["data"] == {"actor": "inspector-1"} | VERIFICATION
    assert closed["data"] == {"gates": ["verification"]}
    story = (await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN, OWNER))).json()
    assert [(line["from"], line["to"]) for line in story["timeline"][-2:]] == [
        ("resolved", "verified"),
        ("verified", "closed"),
    ]
    assert story["timeline"][-2]["data"] == {"method": "on_site"}


async def test_the_worker_cannot_verify(client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As) -> None:
    history = History().until_resolved(actor="inspector-1")
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    refused = await client.post(path, json=VERIFICATION, headers=as_(Role.INSPECTOR))
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:jieban:problem:verifier-is-worker"
    assert await published(engine, history.id) == []
    assert (await client.post(path, json=VERIFICATION, headers=as_(Role.INSPECTOR, "inspector-2"))).status_code == 200


async def test_of_two_verifications_at_once_one_wins(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    answers = await asyncio.gather(
        *(client.post(path, json=VERIFICATION, headers=as_(Role.INSPECTOR, f"inspector-{n}")) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert loser.json()["present"] == {"status": "closed", "version": 7}
    assert "closed" in loser.json()["detail"]
    assert len(await published(engine, history.id)) == 2


async def test_the_reporter_rates_a_closed_complaint_once(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path, owner = f"/complaints/{history.id}/feedback", as_(Role.CITIZEN, OWNER)
    too_early = await client.post(path, json=FEEDBACK, headers=owner)
    assert (too_early.status_code, too_early.json()["present"]["status"]) == (409, "resolved")
    await client.post(f"/complaints/{history.id}/verification", json=VERIFICATION, headers=as_(Role.INSPECTOR))
    stranger = await client.post(path, json=FEEDBACK, headers=as_(Role.CITIZEN, "citizen-2"))
    assert stranger.status_code == 404
    rated = await client.post(path, json=FEEDBACK, headers=owner)
    assert rated.status_code == 200
    assert (rated.json()["satisfaction"], rated.json()["solved"], rated.json()["version"]) == ("satisfied", True, 8)
    second = await client.post(path, json=FEEDBACK | {"solved": False}, headers=as_(Role.OPERATOR))
    assert (second.status_code, second.json()["type"]) == (409, "urn:jieban:problem:feedback-exists")
    rows = await published(engine, history.id)
    assert [row["sequence"] for row in rows] == [1, 2, 3]
    assert rows[2]["data"] == {"actor": OWNER, "channel": "account"} | FEEDBACK


async def test_of_two_words_at_once_one_is_taken(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    await client.post(f"/complaints/{history.id}/verification", json=VERIFICATION, headers=as_(Role.INSPECTOR))
    path = f"/complaints/{history.id}/feedback"
    callers = (as_(Role.CITIZEN, OWNER), as_(Role.OPERATOR))
    answers = await asyncio.gather(*(client.post(path, json=FEEDBACK, headers=caller) for caller in callers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await published(engine, history.id)) == 3


async def test_an_operator_rates_for_a_reporter_without_an_account(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history = History(owner=None).until_resolved()
    await enter(history)
    await client.post(f"/complaints/{history.id}/verification", json=VERIFICATION, headers=as_(Role.INSPECTOR))
    rated = await client.post(f"/complaints/{history.id}/feedback", json=FEEDBACK, headers=as_(Role.OPERATOR))
    assert rated.status_code == 200


async def test_a_repeat_with_the_same_key_gets_the_first_answer(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    headers = as_(Role.INSPECTOR) | {"Idempotency-Key": f"verify-{history.id}"}
    answers = await asyncio.gather(*(client.post(path, json=VERIFICATION, headers=headers) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["ETag"] for answer in answers} == {'"7"'}
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    other = await client.post(path, json={"method": "call"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "urn:jieban:problem:idempotency-key-reused")
    assert len(await published(engine, history.id)) == 2


async def test_a_stale_version_is_refused_before_anything_else(
    client: httpx.AsyncClient, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    path = f"/complaints/{history.id}/verification"
    stale = await client.post(path, json=VERIFICATION, headers=as_(Role.INSPECTOR) | {"If-Match": '"4"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"5"')
    fresh = await client.post(path, json=VERIFICATION, headers=as_(Role.INSPECTOR) | {"If-Match": '"5"'})
    assert fresh.status_code == 200


async def test_another_tenants_inspector_finds_nothing_to_verify(
    client: httpx.AsyncClient, engine: AsyncEngine, enter: Enter, as_: As
) -> None:
    history = History().until_resolved()
    await enter(history)
    for action, body in (("verification", VERIFICATION), ("feedback", FEEDBACK)):
        role = Role.INSPECTOR if action == "verification" else Role.OPERATOR
        path = f"/complaints/{history.id}/{action}"
        assert (await client.post(path, json=body, headers=as_(role, tenant="110101"))).status_code == 404
    assert await published(engine, history.id) == []
