"""Complaints that refer to attachments, and who gets to see them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from contracts.envelope import Event
from contracts.events import ComplaintContributed, ComplaintResolved, RectificationOrdered
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import History
from intake.attachments.conftest import PER_COMPLAINT
from intake.attachments.files import PDF, picture, upload, uploaded
from intake.conftest import As
from intake.reports import report
from intake_service.events.lifecycle import TYPES, follow
from intake_service.events.photos import UNKNOWN
from runtime.clock import now

CITIZEN = Role.CITIZEN


async def complained(client: httpx.AsyncClient, as_: As, attachments: Sequence[str], subject: str = "citizen-1") -> str:
    answer = await client.post("/complaints", json=report(attachments=attachments), headers=as_(CITIZEN, subject))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sent(engine: AsyncEngine, complaint: str) -> dict[str, Any]:
    """Return what intake told of the complaint."""
    query = sa.text("SELECT payload FROM outbox WHERE aggregateid = :id AND type = 'complaint.received'")
    async with engine.connect() as connection:
        payload: dict[str, Any] = json.loads(str(await connection.scalar(query, {"id": complaint})))
    return payload


async def rows(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


async def test_a_complaint_takes_its_attachments_and_tells_of_them(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    mine = [await uploaded(client, as_) for _ in range(3)]
    given = [mine[2], mine[0], mine[1]]
    complaint = await complained(client, as_, given)
    view = (await client.get(f"/complaints/{complaint}", headers=as_(CITIZEN))).json()
    assert view["attachments"] == mine
    listed = (await client.get(f"/complaints/{complaint}/attachments", headers=as_(Role.OPERATOR))).json()["items"]
    assert [item["id"] for item in listed] == mine
    assert {item["complaint"] for item in listed} == {complaint}
    assert (await sent(engine, complaint))["attachments"] == given


async def test_the_attachments_of_a_self_handled_report_are_the_photos_of_its_result(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    inspector = as_(Role.INSPECTOR)
    photo = (await upload(client, inspector, picture(), role="after")).json()["id"]
    handled = {"handling_mode": "guidance", "result": "已劝离"}
    body = report(source="grid_patrol", self_handled=handled, attachments=[photo])
    answer = await client.post("/complaints", json=body, headers=inspector)
    assert answer.status_code == 201, answer.text
    assert (await sent(engine, answer.json()["id"]))["self_handled"]["photos"] == [photo]
    ordinary = await client.post("/complaints", json=report(source="grid_patrol"), headers=inspector)
    assert "attachments" not in await sent(engine, ordinary.json()["id"])


async def test_who_sees_what(client: httpx.AsyncClient, as_: As) -> None:
    mine = await uploaded(client, as_, content=picture())
    complaint = await complained(client, as_, [mine])
    loose = await uploaded(client, as_, content=picture())
    theirs = {
        "owner": as_(CITIZEN),
        "operator": as_(Role.OPERATOR),
        "analyst": as_(Role.ANALYST),
        "another": as_(CITIZEN, "another"),
        "partner": as_(Role.PARTNER),
        "elsewhere": as_(Role.OPERATOR, tenant="110101"),
        "same name elsewhere": as_(CITIZEN, tenant="110101"),
    }
    unknown = (await client.get(f"/attachments/{uuid4()}", headers=as_(CITIZEN, "another"))).json()
    for who, headers in theirs.items():
        sees = who in {"owner", "operator", "analyst"}
        paths = [f"/attachments/{one}{part}" for one in (mine, loose) for part in ("", "/metadata", "/thumbnail")]
        for path in [*paths, f"/complaints/{complaint}/attachments"]:
            answer = await client.get(path, headers=headers)
            assert answer.status_code == (200 if sees else 404), (who, path)
            if not sees and "complaints" not in path:
                assert {**answer.json(), "request_id": ""} == {**unknown, "request_id": ""}
    assert (await client.get(f"/attachments/{mine}")).status_code == 401


@pytest.mark.parametrize("case", ["unknown", "another's", "elsewhere", "used", "twice", "too many", "one of two"])
async def test_attachments_that_cannot_be_used(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, case: str
) -> None:
    mine = await uploaded(client, as_)
    ids, pointer, code = {
        "unknown": ([str(uuid4())], "/attachments/0", "unknown-attachment"),
        "another's": ([await uploaded(client, as_, "another")], "/attachments/0", "unknown-attachment"),
        "elsewhere": ([mine], "/attachments/0", "unknown-attachment"),
        "used": ([mine], "/attachments/0", "attachment-in-use"),
        "twice": ([mine, mine], "/attachments/1", "attachment-repeated"),
        "too many": ([str(uuid4()) for _ in range(PER_COMPLAINT + 1)], "/attachments", "too-many-attachments"),
        "one of two": ([mine, str(uuid4())], "/attachments/1", "unknown-attachment"),
    }[case]
    if case == "used":
        await complained(client, as_, [mine])
    before = await rows(engine, "complaint"), await rows(engine, "outbox")
    headers = as_(CITIZEN, tenant="110101") if case == "elsewhere" else as_(CITIZEN)
    answer = await client.post("/complaints", json=report(attachments=ids), headers=headers)
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert (await rows(engine, "complaint"), await rows(engine, "outbox")) == before
    if case not in {"used", "elsewhere"}:
        await complained(client, as_, [mine])


async def test_of_many_complaints_at_once_one_gets_the_attachment(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    mine = await uploaded(client, as_)
    before = await rows(engine, "complaint")
    body = report(attachments=[mine])
    answers = await asyncio.gather(*(client.post("/complaints", json=body, headers=as_(CITIZEN)) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 11
    assert await rows(engine, "complaint") == before + 1


async def test_a_repeat_under_its_key_gets_the_first_answer(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    body = report(attachments=[await uploaded(client, as_)])
    headers = as_(CITIZEN, **{"Idempotency-Key": "with-photo"})
    before = await rows(engine, "complaint")
    answers = await asyncio.gather(*(client.post("/complaints", json=body, headers=headers) for _ in range(6)))
    answers.append(await client.post("/complaints", json=body, headers=headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await rows(engine, "complaint") == before + 1
    other = await client.post("/complaints", json=report(attachments=[]), headers=headers)
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_reference_that_was_used_leaves_the_attachment_free(client: httpx.AsyncClient, as_: As) -> None:
    operator = as_(Role.OPERATOR)
    body = report(source="hotline", external_ref="12345-with-photo")
    assert (await client.post("/complaints", json=body, headers=operator)).status_code == 201
    photo = (await upload(client, operator, picture())).json()["id"]
    again = await client.post("/complaints", json={**body, "attachments": [photo]}, headers=operator)
    assert (again.status_code, again.json()["type"]) == (409, "urn:jieban:problem:external-ref-exists")
    free = await client.post("/complaints", json=report(source="hotline", attachments=[photo]), headers=operator)
    assert free.status_code == 201


async def test_items_of_a_batch_refer_for_themselves(client: httpx.AsyncClient, as_: As) -> None:
    mine = await uploaded(client, as_)
    items = [report(attachments=[mine]), report(attachments=[str(uuid4())]), report()]
    answer = await client.post("/complaints/batch", json={"items": items}, headers=as_(CITIZEN))
    assert [item["status"] for item in answer.json()["items"]] == [201, 422, 201]


async def test_an_upload_may_go_to_a_complaint_that_is_there(client: httpx.AsyncClient, as_: As) -> None:
    complaint = await complained(client, as_, [])
    added = await upload(client, as_(CITIZEN), picture(), role="far", complaint=complaint)
    assert (added.status_code, added.json()["complaint"]) == (201, complaint)
    seen = await client.get(f"/complaints/{complaint}", headers=as_(CITIZEN))
    assert (seen.json()["attachments"], seen.headers["ETag"]) == ([added.json()["id"]], '"2"')
    assert (await upload(client, as_(Role.OFFICER), PDF, complaint=complaint)).status_code == 201
    stranger = await upload(client, as_(CITIZEN, "another"), PDF, complaint=complaint)
    assert (stranger.status_code, stranger.json()["type"]) == (404, "urn:jieban:problem:complaint-not-found")
    for _ in range(PER_COMPLAINT - 2):
        await upload(client, as_(CITIZEN), PDF, complaint=complaint)
    full = await upload(client, as_(CITIZEN), PDF, complaint=complaint)
    assert (full.status_code, full.json()["type"]) == (422, "urn:jieban:problem:too-many-attachments")


async def test_a_reporter_adds_nothing_to_what_is_over(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    complaint = await complained(client, as_, [])
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE complaint SET status = 'closed' WHERE id = :id"), {"id": complaint})
    refused = await upload(client, as_(CITIZEN), PDF, complaint=complaint)
    assert (refused.status_code, refused.json()["present"]["status"]) == (409, "closed")
    assert (await upload(client, as_(Role.OPERATOR), PDF, complaint=complaint)).status_code == 201


async def test_photos_of_contributions_and_rectifications_are_the_complaints(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaint = await complained(client, as_, [await uploaded(client, as_)])
    before = await client.get(f"/complaints/{complaint}", headers=as_(CITIZEN))
    near, notice = [(await upload(client, as_(Role.OFFICER), picture(), role="near")).json()["id"] for _ in range(2)]
    history = History()
    history.id = UUID(complaint)
    said = {"actor": "officer-2", "team": "team-02", "supporting": True, "text": "已派车", "photos": [near]}
    helped = history.event(EventType.CONTRIBUTED, ComplaintContributed.model_validate(said))
    async with engine.begin() as connection:
        await follow(connection, [helped])
    seen = await client.get(f"/complaints/{complaint}", headers=as_(CITIZEN))
    assert (seen.headers["ETag"], seen.json()["attachments"][1:]) == (before.headers["ETag"], [near])
    assert EventType.CONTRIBUTED in TYPES

    order = {"actor": "officer-1", "team": "team-01", "notice": "三日内拆除", "until": now(), "photos": [notice]}
    way = [history.assigned(), history.accepted(), history.started()]
    way.append(history.event(EventType.RECTIFICATION_ORDERED, RectificationOrdered.model_validate(order)))
    async with engine.begin() as connection:
        await follow(connection, way)
    kept = await client.get(f"/attachments/{notice}/metadata", headers=as_(Role.OPERATOR))
    assert kept.json()["complaint"] == complaint


def resolved(complaint: str, *photos: str, tenant: str = "522723") -> list[Event]:
    """Return the case's way to its result, which shows `photos`."""
    history = History(tenant=tenant)
    history.id = UUID(complaint)
    steps = [history.assigned(), history.accepted(), history.started()]
    data = ComplaintResolved(
        actor="officer-1",
        team="team-01",
        handling_mode="guidance",
        result="已劝离",
        photos=tuple(UUID(photo) for photo in photos),
    )
    return [*steps, history.event(EventType.RESOLVED, data)]


async def test_the_photos_of_a_result_are_shown_to_the_reporter(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    complaint = await complained(client, as_, [await uploaded(client, as_)])
    after = (await upload(client, as_(Role.OFFICER), picture(), role="after")).json()["id"]
    private = await uploaded(client, as_, "another")
    used = await uploaded(client, as_, "officer-2", Role.OFFICER)
    elsewhere = await client.post(
        "/complaints",
        json=report(source="grid_patrol", attachments=[used]),
        headers=as_(Role.INSPECTOR, "officer-2"),
    )
    assert elsewhere.status_code == 201
    assert (await client.get(f"/attachments/{after}", headers=as_(CITIZEN))).status_code == 404
    counted, unknown = UNKNOWN._value.get(), str(uuid4())
    async with engine.begin() as connection:
        with capture_logs() as logs:
            await follow(connection, resolved(complaint, after, private, used, unknown))
    assert UNKNOWN._value.get() == counted + 3
    others = dict.fromkeys([private, used, unknown], complaint)
    assert [(each["event"], each["photos"]) for each in logs] == [("photos_unknown", others)]
    assert (await client.get(f"/attachments/{after}", headers=as_(CITIZEN))).status_code == 200
    listed = (await client.get(f"/complaints/{complaint}/attachments", headers=as_(CITIZEN))).json()["items"]
    assert [item["role"] for item in listed] == ["other", "after"]
    for closed in (private, used):
        assert (await client.get(f"/attachments/{closed}", headers=as_(CITIZEN))).status_code == 404
    kept = await client.get(f"/attachments/{used}/metadata", headers=as_(Role.OPERATOR))
    assert kept.json()["complaint"] == elsewhere.json()["id"]
