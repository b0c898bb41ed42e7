"""Who reported a complaint, and what they said, can be erased; that it was there stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from histories import History
from intake.attachments.files import left_in, photo, upload, uploaded
from intake.conftest import As
from intake.reports import report
from intake_service.events.lifecycle import follow
from intake_service.service import erasing
from intake_service.service.erasing import Erasing, Retention
from refusals import code_of
from runtime.lifecycle import Service

PERSON = {"name": "王芳", "phone": "13812345678", "email": "wf@example.cn"}
SAID = "canary 王芳家门口"
WHY = {"ground": "request", "reason": "来函申请"}
_TEXTS = sa.text("""
    SELECT string_agg(CAST(to_jsonb(c) AS text), '') || coalesce(string_agg(CAST(to_jsonb(r) AS text), ''), '')
    FROM complaint AS c LEFT JOIN reporter AS r ON r.complaint_id = c.id WHERE c.id = :id
""")
_PHOTOS = sa.text("SELECT id, uploaded_by FROM attachment WHERE complaint_id = :id")
_EVENTS = sa.text("SELECT type, sequence, payload FROM outbox WHERE aggregateid = :id ORDER BY position")


async def reported(
    client: httpx.AsyncClient, as_: As, *attachments: str, key: str = "", **changes: Any
) -> dict[str, Any]:
    body = report(
        description=SAID,
        reporter={**PERSON, "anonymous": False},
        location={"lon": 107.2357, "lat": 26.5807, "crs": "GCJ02", "address": "canary 3 号楼"},
        attributes={"门牌": "canary"},
        attachments=list(attachments),
        **changes,
    )
    more = {"Idempotency-Key": key} if key else {}
    answer = await client.post("/complaints", json=body, headers=as_(Role.CITIZEN, **more))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return {**receipt, "body": body}


async def erase(client: httpx.AsyncClient, as_: As, complaint: str, **changes: Any) -> dict[str, Any]:
    answer = await client.post(f"/complaints/{complaint}/erasure", json=WHY | changes, headers=as_(Role.SUPERVISOR))
    assert answer.status_code == 200, answer.text
    erased: dict[str, Any] = answer.json()
    return erased


async def one(engine: AsyncEngine, query: sa.TextClause, complaint: str) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(query, {"id": complaint})).all()


async def test_nothing_says_whose_complaint_it_was(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, store: Path
) -> None:
    theirs = await uploaded(client, as_)
    receipt = await reported(client, as_, theirs)
    files = left_in(store)
    erased = await erase(client, as_, receipt["id"])
    [[texts]] = await one(engine, _TEXTS, receipt["id"])
    for word in ("canary", *PERSON.values(), receipt["query_code"], "citizen-1", "107.2"):
        assert word not in texts
    view = (await client.get(f"/complaints/{receipt['id']}", headers=as_(Role.OPERATOR))).json()
    assert (view["number"], view["category"], view["status"]) == (receipt["number"], "street_order.parking", "received")
    assert (view["description"], view["attachments"], view["version"]) == ("", [], 2)
    assert view["erased_at"] == view["updated_at"] == erased["erased_at"]
    assert set(left_in(store)) < set(files)
    assert (await client.get(f"/attachments/{theirs}", headers=as_(Role.OPERATOR))).status_code == 404
    track = f"/track/{receipt['number']}?query_code={receipt['query_code']}"
    assert (await client.get(track)).status_code == 404
    assert (await client.get(f"/complaints/{receipt['id']}", headers=as_(Role.CITIZEN))).status_code == 404


async def test_photos_that_stay_do_not_say_whose_they_were(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine
) -> None:
    operator, citizen = as_(Role.OPERATOR), as_(Role.CITIZEN)
    theirs = await uploaded(client, as_, content=photo())
    complaint = (await reported(client, as_, theirs))["id"]
    work = (await upload(client, as_(Role.OFFICER), photo(), complaint=complaint)).json()["id"]
    await erase(client, as_, complaint, texts=False)
    told = {row.id: row for row in await one(engine, _PHOTOS, complaint)}
    assert [told[UUID(each)].uploaded_by for each in (theirs, work)] == ["erased", "officer-1"]
    shown = (await client.get(f"/complaints/{complaint}/attachments", headers=operator)).json()["items"]
    assert [(each["id"], each["name"], each["evidence"] is None) for each in shown] == [
        (theirs, None, True),
        (work, "photo.jpg", False),
    ]
    assert (await client.get(f"/attachments/{theirs}", headers=operator)).status_code == 200
    for path in (f"/attachments/{theirs}", f"/attachments/{theirs}/metadata"):
        assert (await client.get(path, headers=citizen)).status_code == 404


async def test_it_is_told_once_and_again_only_where_something_was_left(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine
) -> None:
    complaint = (await reported(client, as_))["id"]
    assert (await erase(client, as_, complaint, texts=False))["version"] == 2
    [[texts]] = await one(engine, _TEXTS, complaint)
    assert SAID in texts
    assert "王芳" not in texts.replace(SAID, "")
    assert (await erase(client, as_, complaint))["version"] == 3
    assert (await erase(client, as_, complaint))["version"] == 3
    events = await one(engine, _EVENTS, complaint)
    assert [(row.type, row.sequence) for row in events[1:]] == [("complaint.erased", 2), ("complaint.erased", 3)]
    assert events[2].payload == '{"actor":"supervisor-1","ground":"request","reason":"来函申请","texts":true}'


async def test_what_was_erased_takes_nothing_more_but_of_the_work_that_goes_on(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, service: Service
) -> None:
    officer = as_(Role.OFFICER)
    complaint = await _aged(client, as_, engine, 400, "in_progress")
    await erase(client, as_, complaint)
    assert (await upload(client, officer, photo(), complaint=complaint)).status_code == 201
    age = "UPDATE complaint SET status = 'closed', updated_at = now() - interval '366 days' WHERE id = :id"
    erased = "UPDATE complaint SET erased_at = now() - interval '399 days' WHERE id = :id"
    for change in (age, erased):
        async with engine.begin() as connection:
            await connection.execute(sa.text(change), {"id": complaint})
    late = await upload(client, officer, photo(), complaint=complaint)
    assert code_of(late) == (409, "complaint-erased")
    assert len(await one(engine, _PHOTOS, complaint)) == 1
    worker: Erasing = service.app.state.erasing
    retention = Retention(engine, worker, keep=timedelta(days=365), texts=True)
    assert [await retention.work() for _ in range(2)] == [1, 0]
    assert await one(engine, _PHOTOS, complaint) == []


async def test_the_repeat_of_a_report_is_told_and_brings_nothing_back(client: httpx.AsyncClient, as_: As) -> None:
    receipt = await reported(client, as_, key="erased-report")
    await erase(client, as_, receipt["id"])
    again = await client.post(
        "/complaints", json=receipt["body"], headers=as_(Role.CITIZEN, **{"Idempotency-Key": "erased-report"})
    )
    assert (again.status_code, again.json()["type"]) == (410, "urn:jieban:problem:answer-erased")


async def test_a_withdrawal_that_waits_gets_its_answer_all_the_same(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine
) -> None:
    history = History()
    history.id = UUID((await reported(client, as_))["id"])
    change = sa.text("""
        UPDATE complaint SET release_request = :request, release_state = 'requested', release_actor = 'citizen-1',
                             release_reason = '王芳' WHERE id = :id
    """)
    history.received()
    request = history.release_requested()
    async with engine.begin() as connection:
        await connection.execute(change, {"request": request.id, "id": history.id})
    await erase(client, as_, str(history.id))
    async with engine.begin() as connection:
        [withdrawn] = await follow(connection, [history.released(request.id)])
    assert withdrawn.data.model_dump(exclude_none=True) == {"actor": "erased"}


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        (Role.OPERATOR, WHY, 403),
        (Role.CITIZEN, WHY, 403),
        (Role.ADMIN, WHY, 200),
        (Role.ADMIN, {"ground": "request"}, 422),
        (Role.ADMIN, {**WHY, "ground": "retention"}, 422),
        (Role.ADMIN, {**WHY, "texts": "yes"}, 422),
        (Role.ADMIN, {**WHY, "reason": "\u0000"}, 400),
    ],
)
async def test_who_may_erase_and_how(
    client: httpx.AsyncClient, as_: As, role: Role, body: dict[str, Any], status: int
) -> None:
    complaint = (await reported(client, as_))["id"]
    path = f"/complaints/{complaint}/erasure"
    assert (await client.post(path, json=body, headers=as_(role))).status_code == status
    assert (await client.post(path, json=body, headers=as_(role, tenant="110101"))).status_code in (status, 404)


async def test_a_stale_version_erases_nothing(client: httpx.AsyncClient, as_: As) -> None:
    complaint = (await reported(client, as_))["id"]
    answer = await client.post(
        f"/complaints/{complaint}/erasure", json=WHY, headers=as_(Role.ADMIN, **{"If-Match": '"7"'})
    )
    assert answer.status_code == 412


async def test_a_restored_database_hears_of_its_erasures_again(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine
) -> None:
    history = History()
    history.id = UUID((await reported(client, as_))["id"])
    history.received()
    for _ in range(2):
        async with engine.begin() as connection:
            await follow(connection, [history.erased()] if len(history.events) == 1 else history.events[1:])
    [[texts]] = await one(engine, _TEXTS, str(history.id))
    assert "canary" not in texts
    view = (await client.get(f"/complaints/{history.id}", headers=as_(Role.OPERATOR))).json()
    assert view["version"] == 2


async def _aged(client: httpx.AsyncClient, as_: As, engine: AsyncEngine, days: int, status: str) -> str:
    """Report a complaint as if it had come and changed that long ago."""
    complaint = str((await reported(client, as_))["id"])
    old = UUID(int=UUID(complaint).int - (days * 86_400_000 << 80))
    change = sa.text(
        "UPDATE complaint SET id = :old, status = :status, updated_at = now() - CAST(:age AS interval) WHERE id = :id"
    )
    async with engine.begin() as connection:
        parameters = {"id": complaint, "old": old, "status": status, "age": timedelta(days=days)}
        await connection.execute(change, parameters)
        await connection.execute(
            sa.text("UPDATE reporter SET complaint_id = :old WHERE complaint_id = :id"), parameters
        )
    return str(old)


async def test_what_has_ended_long_ago_is_erased_by_rule_a_part_at_a_time(
    client: httpx.AsyncClient, as_: As, engine: AsyncEngine, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "LOOKED_AT", 4)
    monkeypatch.setattr(erasing, "BATCH", 2)
    due = [await _aged(client, as_, engine, 400, status) for status in ("closed", "withdrawn", "voided", "closed")]
    kept = [await _aged(client, as_, engine, 400, "in_progress"), await _aged(client, as_, engine, 300, "closed")]
    worker: Erasing = service.app.state.erasing
    retention = Retention(engine, worker, keep=timedelta(days=365), texts=True)
    rounds = [await retention.work() for _ in range(6)]
    assert sum(rounds) == len(due)
    assert max(rounds) == 2
    for complaint in due:
        [[texts]] = await one(engine, _TEXTS, complaint)
        assert "canary" not in texts
        [event] = await one(engine, _EVENTS, complaint)
        assert event.payload == '{"actor":"rule","ground":"retention","texts":true}'
    for complaint in kept:
        [[texts]] = await one(engine, _TEXTS, complaint)
        assert "canary" in texts
