"""The triage queue: what rules put there, and what becomes of it."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from intake.conftest import As
from intake.reports import report
from intake.test_intake_following import apply
from intake_service.service import triaging
from outboxes import published
from refusals import code_of, errors_of
from runtime.ids import uuid7

SPAM: dict[str, Any] = {
    "code": "casino", "zh": "赌博广告", "en": "Gambling", "reason": "spam", "kind": "words", "words": ["澳门赌场"],
    "action": "hold",
}  # fmt: skip
LINKS: dict[str, Any] = {
    "code": "links", "zh": "链接", "en": "Links", "reason": "spam", "kind": "links", "more_than": 0,
}  # fmt: skip
TEXT = "【澳 门·赌 场】上线啦"


async def publish(client: httpx.AsyncClient, as_: As, tenant: str, *rules: dict[str, Any], **more: Any) -> None:
    body = {"rules": list(rules), **more}
    answer = await client.put("/triage/rules", json=body, headers=as_(Role.ADMIN, tenant=tenant))
    assert answer.status_code == 200, answer.text


async def filed(client: httpx.AsyncClient, as_: As, tenant: str, **changes: Any) -> str:
    answer = await client.post("/complaints", json=report(**changes), headers=as_(Role.CITIZEN, tenant=tenant))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def queue(client: httpx.AsyncClient, as_: As, tenant: str, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/triage", params=query, headers=as_(Role.OPERATOR, tenant=tenant))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def told(engine: AsyncEngine, complaint: str) -> list[str]:
    return [row["type"] for row in await published(engine, complaint)]


async def test_what_is_suspected_is_accepted_waits_and_goes_on_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520101"
    await publish(client, as_, tenant, SPAM, LINKS, hold_minutes=30)
    plain = await filed(client, as_, tenant)
    held = await filed(client, as_, tenant, description=TEXT)
    flagged = await filed(client, as_, tenant, description="见 https://example.org/a")
    [one, other] = await queue(client, as_, tenant)
    assert [one["id"], other["id"]] == [held, flagged]
    assert (one["held"], one["reasons"][0]["rule"], one["rules_version"]) == (True, "casino", 1)
    assert (other["held"], other["goes_on_at"]) == (False, None)
    assert [each["id"] for each in await queue(client, as_, tenant, held=True)] == [held]
    assert [each["id"] for each in await queue(client, as_, tenant, rule="links", reason="spam")] == [flagged]
    counts = (await client.get("/triage/counts", headers=as_(Role.OPERATOR, tenant=tenant))).json()
    assert (counts["waiting"], counts["held"], counts["by_reason"]) == (2, 1, {"spam": 2})
    assert counts["by_age"] == {"up_to_1_hour": 2, "up_to_4_hours": 0, "up_to_24_hours": 0, "longer": 0}
    [received] = await published(engine, held)
    assert (received["data"]["held"], received["data"]["suspicions"]) == (True, ["casino"])
    before = (await client.get(f"/complaints/{held}", headers=as_(Role.CITIZEN, tenant=tenant))).json()
    chinese = {"Accept-Language": "zh-CN"}
    both = [as_(Role.OPERATOR, subject, tenant=tenant, **chinese) for subject in ("operator-1", "operator-2")]
    body, path = {"note": "是投诉赌博的"}, f"/triage/{held}/release"
    answers = await asyncio.gather(*(client.post(path, json=body, headers=headers) for headers in both))
    assert sorted(each.status_code for each in answers) == [200, 409]
    refused = next(each for each in answers if each.status_code == 409)
    assert code_of(refused) == (409, "triage-settled")
    assert refused.json()["detail"] == "该诉求已不在甄别队列中（已放行）。"
    assert await told(engine, held) == ["complaint.received", "complaint.cleared"]
    seen = (await client.get(f"/triage/{held}", headers=both[0])).json()
    assert [step["step"] for step in seen["steps"]] == ["flagged", "released"]
    assert (seen["state"], seen["outcome"], seen["held"], seen["steps"][1]["note"]) == (
        "released", "released", False, body["note"],
    )  # fmt: skip
    assert await queue(client, as_, tenant, state="released", held=True) == []
    assert [each["id"] for each in await queue(client, as_, tenant, state="released", held=False)] == [held]
    again = await client.post(f"/complaints/{held}/triage", json={"reason": "unclear"}, headers=both[0])
    assert [step["step"] for step in again.json()["steps"]] == ["flagged", "released", "put"]
    # the reporter sees what was there before
    assert (await client.get(f"/complaints/{held}", headers=as_(Role.CITIZEN, tenant=tenant))).json() == before
    assert (await client.post(f"/triage/{flagged}/release", json={}, headers=both[1])).status_code == 200
    assert await told(engine, flagged) == ["complaint.received"]
    assert [each["id"] for each in await queue(client, as_, tenant)] == [held]
    assert (await client.get(f"/triage/{plain}", headers=both[0])).status_code == 404


async def test_a_claim_keeps_others_out_but_no_supervisor(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520103"
    await publish(client, as_, tenant, LINKS)
    complaint = await filed(client, as_, tenant, description="www.example.org")
    first, second = (as_(Role.OPERATOR, subject, tenant=tenant) for subject in ("operator-1", "operator-2"))
    claimed = await client.post(f"/triage/{complaint}/claim", headers=first | {"If-Match": '"1"'})
    assert (claimed.json()["claimed_by"], claimed.headers["etag"]) == ("operator-1", '"2"')
    assert (await client.post(f"/triage/{complaint}/claim", headers=first)).headers["etag"] == '"2"'
    for answer in (
        await client.post(f"/triage/{complaint}/claim", headers=second),
        await client.post(f"/triage/{complaint}/release", json={}, headers=second),
        await client.delete(f"/triage/{complaint}/claim", headers=second),
    ):
        assert code_of(answer) == (409, "triage-claimed")
    stale = await client.post(f"/triage/{complaint}/release", json={}, headers=first | {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert [each["id"] for each in await queue(client, as_, tenant, claimed="me")] == [complaint]
    assert await queue(client, as_, tenant, claimed="nobody") == []
    supervisor = as_(Role.SUPERVISOR, tenant=tenant)
    assert (await client.delete(f"/triage/{complaint}/claim", headers=supervisor)).json()["claimed_by"] is None
    assert (await client.post(f"/triage/{complaint}/release", json={}, headers=second)).status_code == 200


async def test_what_nobody_looks_at_goes_on_by_itself_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520111"
    await publish(client, as_, tenant, SPAM)
    ids = [await filed(client, as_, tenant, description=TEXT) for _ in range(3)]
    assert await triaging.go_on(engine) == 0
    async with engine.begin() as connection:
        over = "UPDATE triage_item SET goes_on_at = now() - interval '1 second' WHERE tenant = :tenant"
        await connection.execute(sa.text(over), {"tenant": tenant})
    assert sum(await asyncio.gather(*(triaging.go_on(engine, size=2) for _ in range(4)))) == 3
    for complaint in ids:
        assert await told(engine, complaint) == ["complaint.received", "complaint.cleared"]
    assert {each["outcome"] for each in await queue(client, as_, tenant, state="released")} == {"lapsed"}


async def test_whoever_is_first_it_goes_on_exactly_once(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520121"
    await publish(client, as_, tenant, SPAM)
    ids = [await filed(client, as_, tenant, description=TEXT) for _ in range(6)]
    async with engine.begin() as connection:
        over = "UPDATE triage_item SET goes_on_at = now() WHERE tenant = :tenant"
        await connection.execute(sa.text(over), {"tenant": tenant})
    operator, dispatcher = as_(Role.OPERATOR, tenant=tenant), as_(Role.DISPATCHER, tenant=tenant)
    change = {"category": "street_order.itinerant_vendors", "reason": "是游摊"}
    await asyncio.gather(
        *(client.post(f"/triage/{each}/release", json={}, headers=operator) for each in ids),
        *(client.post(f"/complaints/{each}/reclassification", json=change, headers=dispatcher) for each in ids),
        *(client.post(f"/triage/{each}/release", json={}, headers=dispatcher) for each in reversed(ids)),
        *(triaging.go_on(engine, size=3) for _ in range(3)),
    )
    for complaint in ids:
        assert sorted(await told(engine, complaint)) == [
            "complaint.cleared", "complaint.received", "complaint.reclassified",
        ]  # fmt: skip
        seen = (await client.get(f"/triage/{complaint}", headers=operator)).json()
        assert (len(seen["steps"]), seen["outcome"]) == (2, seen["steps"][1]["step"])


async def test_another_category_or_an_ending_settles_it(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520112"
    await publish(client, as_, tenant, SPAM)
    headers = as_(Role.OPERATOR, tenant=tenant)
    corrected, ended = [await filed(client, as_, tenant, description=TEXT) for _ in range(2)]
    change = {"category": "street_order.itinerant_vendors", "reason": "是游摊"}
    assert (await client.post(f"/complaints/{corrected}/reclassification", json=change, headers=headers)).is_success
    assert await told(engine, corrected) == ["complaint.received", "complaint.reclassified", "complaint.cleared"]
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE complaint SET status = 'rejected' WHERE id = :id"), {"id": ended})
    late = await client.post(f"/triage/{ended}/release", json={}, headers=headers)
    assert code_of(late) == (409, "illegal-transition")
    assert await queue(client, as_, tenant) == []
    assert await triaging.end(engine) == 1
    assert await triaging.end(engine) == 0
    outcomes = {row["id"]: row["outcome"] for row in await queue(client, as_, tenant, state="ended")}
    assert outcomes == {ended: "rejected"}
    assert await told(engine, ended) == ["complaint.received"]


async def test_a_release_that_dies_before_its_commit_leaves_all_as_it_was(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "520113"
    await publish(client, as_, tenant, SPAM)
    complaint = await filed(client, as_, tenant, description=TEXT)
    refusing = "ALTER TABLE outbox ADD CONSTRAINT none CHECK (type <> 'complaint.cleared') NOT VALID"
    async with engine.begin() as connection:  # the outbox refuses: what went before in the transaction goes with it
        await connection.execute(sa.text(refusing))
    headers = as_(Role.OPERATOR, tenant=tenant)
    try:
        answer = await client.post(f"/triage/{complaint}/release", json={}, headers=headers)
        assert answer.status_code == 500
    finally:
        async with engine.begin() as connection:
            await connection.execute(sa.text("ALTER TABLE outbox DROP CONSTRAINT none"))
    [item] = await queue(client, as_, tenant)
    assert (item["state"], item["version"]) == ("waiting", 1)
    assert (await client.post(f"/triage/{complaint}/release", json={}, headers=headers)).status_code == 200
    assert await told(engine, complaint) == ["complaint.received", "complaint.cleared"]


async def test_operators_put_complaints_there_by_hand(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    tenant = "520114"
    complaint = await filed(client, as_, tenant)
    path, body = f"/complaints/{complaint}/triage", {"reason": "unclear", "note": "看不懂"}
    headers = as_(Role.OPERATOR, tenant=tenant, **{"Idempotency-Key": "by-hand"})
    put = await client.post(path, json=body, headers=headers)
    assert (put.status_code, put.json()["reasons"][0]["reason"], put.json()["held"]) == (201, "unclear", False)
    assert (await client.post(path, json=body, headers=headers)).headers["idempotency-replayed"] == "true"
    again = as_(Role.DISPATCHER, tenant=tenant)
    assert code_of(await client.post(path, json=body, headers=again)) == (409, "triage-already")
    assert (await client.post(f"/triage/{complaint}/release", json={}, headers=again)).status_code == 200
    assert (await client.post(path, json={"reason": "abusive"}, headers=again)).status_code == 201
    seen = (await client.get(f"/triage/{complaint}", headers=again)).json()
    assert [(step["step"], step["by"]) for step in seen["steps"]] == [
        ("put", "operator-1"), ("released", "dispatcher-1"), ("put", "dispatcher-1"),
    ]  # fmt: skip
    assert (seen["state"], seen["outcome"], seen["version"]) == ("waiting", None, 3)
    assert await told(engine, complaint) == ["complaint.received"]
    bad = await client.post(path, json={"reason": "ugly"}, headers=again)
    assert errors_of(bad)[0][0] == "/reason"


async def test_who_may_and_other_tenants(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520115"
    await publish(client, as_, tenant, LINKS)
    complaint = await filed(client, as_, tenant, description="www.example.org")
    for role in (Role.CITIZEN, Role.OFFICER, Role.PARTNER, Role.ANALYST):
        headers = as_(role, tenant=tenant)
        assert (await client.get("/triage", headers=headers)).status_code == 403
        assert (await client.get("/triage/rules", headers=headers)).status_code == 403
        assert (await client.post(f"/triage/{complaint}/release", json={}, headers=headers)).status_code == 403
    assert (await client.put("/triage/rules", json={"rules": []}, headers=as_(Role.OPERATOR))).status_code == 403
    stranger = as_(Role.OPERATOR, tenant="520116")
    assert await queue(client, as_, "520116") == []
    for path, method in (("claim", "POST"), ("release", "POST"), ("claim", "DELETE")):
        answer = await client.request(method, f"/triage/{complaint}/{path}", json={}, headers=stranger)
        assert answer.status_code == 404
    assert (await client.get(f"/triage/{complaint}", headers=stranger)).status_code == 404
    put = await client.post(f"/complaints/{complaint}/triage", json={"reason": "spam"}, headers=stranger)
    nowhere = await client.post(f"/complaints/{uuid7()}/triage", json={"reason": "spam"}, headers=stranger)
    assert (put.status_code, nowhere.status_code) == (404, 404)


async def test_pages_lead_through_the_queue(client: httpx.AsyncClient, as_: As) -> None:
    tenant = "520117"
    await publish(client, as_, tenant, LINKS)
    ids = [await filed(client, as_, tenant, description="www.example.org") for _ in range(5)]
    headers, found = as_(Role.OPERATOR, tenant=tenant), []
    answer = await client.get("/triage", params={"limit": 2}, headers=headers)
    while True:
        found += [each["id"] for each in answer.json()["items"]]
        if "next" not in answer.links:
            break
        answer = await client.get(str(answer.url.join(answer.links["next"]["url"])), headers=headers)
    assert found == ids
    assert (await client.get("/triage", params={"limit": 201}, headers=headers)).status_code == 422


@pytest.mark.parametrize(("tenant", "texts"), [("520122", True), ("520124", False)])
async def test_an_erasure_takes_notes_and_the_device(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, tenant: str, texts: bool
) -> None:
    headers = as_(Role.CITIZEN, tenant=tenant, **{"X-Device-Id": "device-of-somebody"})
    complaint = (await client.post("/complaints", json=report(), headers=headers)).json()["id"]
    operator = as_(Role.OPERATOR, tenant=tenant)
    body = {"reason": "unclear", "note": "王某又来了"}
    assert (await client.post(f"/complaints/{complaint}/triage", json=body, headers=operator)).status_code == 201
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE complaint SET status = 'closed' WHERE id = :id"), {"id": complaint})
    path, why = f"/complaints/{complaint}/erasure", {"ground": "request", "reason": "来函", "texts": texts}
    erased = await client.post(path, json=why, headers=as_(Role.SUPERVISOR, tenant=tenant))
    assert erased.is_success, erased.text
    seen = (await client.get(f"/triage/{complaint}", headers=operator)).json()
    assert (seen["steps"][0]["note"], seen["description"] == "") == (None, texts)
    async with engine.connect() as connection:
        device = await connection.scalar(sa.text("SELECT device FROM complaint WHERE id = :id"), {"id": complaint})
    assert device is None


async def test_the_life_of_a_held_complaint_is_followed_as_any_other(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    tenant = "522723"
    await publish(client, as_, tenant, SPAM)
    history = History()
    history.id = UUID(await filed(client, as_, tenant, description=TEXT))
    await apply(engine, history.assigned("duty-desk"))
    released = await client.post(f"/triage/{history.id}/release", json={}, headers=as_(Role.OPERATOR))
    assert (released.status_code, released.json()["status"]) == (200, "assigned")
    await apply(engine, history.assigned("team-01"), history.accepted())
    seen = (await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN))).json()
    assert [step["status"] for step in seen["progress"]] == ["received", "assigned", "assigned", "accepted"]
