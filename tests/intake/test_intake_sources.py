"""What reporters want, who they are to whom, and what reports of each source may and must say."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.roles import Role
from intake.attachments.files import uploaded
from intake.conftest import As
from intake.reports import HOTLINE, REPORT, report
from outboxes import published

CALLER = {"name": "王五", "phone": "13800000000"}
DEVICE = {"id": "camera-0017", "confidence": 0.93}
SENSOR = report(source="video_sensor", device=DEVICE)
ORDER = {"number": "督办〔2026〕17号", "deadline": "2099-01-01T00:00:00+08:00"}


async def created(client: httpx.AsyncClient, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/complaints", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def viewed(client: httpx.AsyncClient, headers: dict[str, str], receipt: dict[str, Any]) -> dict[str, Any]:
    view: dict[str, Any] = (await client.get(f"/complaints/{receipt['id']}", headers=headers)).json()
    return view


async def told(engine: AsyncEngine, receipt: dict[str, Any]) -> dict[str, Any]:
    received, *_ = await published(engine, receipt["id"])
    return dict(received["data"])


async def test_each_kind_of_request_is_received_told_of_and_found(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    citizen, operator = as_(Role.CITIZEN, "asker"), as_(Role.OPERATOR)
    kinds = [each["code"] for each in (await client.get("/request-kinds")).json()]
    assert kinds == ["complaint", "inquiry", "help", "report", "suggestion"]
    assert (await client.get("/request-kinds")).json()[1] == {"code": "inquiry", "zh": "咨询", "en": "Inquiry"}
    for kind in kinds:
        receipt = await created(client, citizen, report(kind=kind))
        assert receipt["kind"] == (await viewed(client, operator, receipt))["kind"] == kind
        assert (await told(engine, receipt))["kind"] == kind
        mine = (await client.get(f"/complaints?kind={kind}", headers=citizen)).json()["items"]
        assert [item["id"] for item in mine] == [receipt["id"]]
    assert (await created(client, citizen, REPORT))["kind"] == "complaint"
    assert (await client.get("/complaints?kind=praise", headers=operator)).status_code == 422
    assert (await client.post("/complaints", json=report(kind="praise"), headers=citizen)).status_code == 422


@pytest.mark.parametrize("change", [{"kind": "report"}, {"reporter": {**CALLER, "confidential": True}}])
async def test_who_asked_to_stay_unknown_is_known_to_supervisors_alone(
    client: httpx.AsyncClient, as_: As, change: dict[str, Any]
) -> None:
    operator = as_(Role.OPERATOR)
    taken = await created(client, operator, {**HOTLINE, "reporter": CALLER, **change})
    own = await created(client, as_(Role.CITIZEN), {**REPORT, "reporter": CALLER, **change})
    for headers in (operator, as_(Role.DISPATCHER), as_(Role.ADMIN)):
        for receipt in (taken, own):
            view = await viewed(client, headers, receipt)
            assert (view["reporter"], view["confidential"]) == (None, True)
    listed = (await client.get("/complaints", headers=operator)).json()["items"]
    assert {item["reporter"] is None for item in listed if item["id"] in (taken["id"], own["id"])} == {True}
    assert (await viewed(client, as_(Role.SUPERVISOR), taken))["reporter"]["name"] == "王五"
    assert (await viewed(client, as_(Role.CITIZEN), own))["reporter"]["name"] == "王五"


async def test_an_operator_takes_down_what_a_caller_says(client: httpx.AsyncClient, as_: As) -> None:
    operator = as_(Role.OPERATOR)
    receipt = await created(client, operator, {**HOTLINE, "kind": "help", "reporter": {**CALLER, "anonymous": True}})
    view = await viewed(client, operator, receipt)
    assert view["reporter"] == {**CALLER, "email": None, "anonymous": True}
    assert (view["confidential"], view["source"]) == (False, "hotline")


async def test_what_the_source_adds_is_kept(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    station = await created(client, as_(Role.OFFICER), report(source="liaison_station", station="station-03"))
    assert (await viewed(client, as_(Role.OFFICER), station))["station"] == "station-03"
    ordered = await created(client, as_(Role.OPERATOR), report(source="superior_assigned", order=ORDER))
    kept = {"number": ORDER["number"], "deadline": "2098-12-31T16:00:00Z"}
    assert (await viewed(client, as_(Role.OPERATOR), ordered))["order"] == kept
    assert (await told(engine, ordered))["order"] == kept
    sensed = await created(client, as_(Role.PARTNER), {**SENSOR, "external_ref": "event-1"})
    view = await viewed(client, as_(Role.PARTNER), sensed)
    assert view["device"] == {**DEVICE, "snapshot": None}
    assert "device" not in json.dumps(await told(engine, sensed))
    assert (view["station"], view["order"]) == (None, None)


async def test_a_snapshot_is_one_of_the_attachments(client: httpx.AsyncClient, as_: As) -> None:
    snapshot = await uploaded(client, as_, "partner-1", Role.PARTNER)
    loose = {**SENSOR, "device": {**DEVICE, "snapshot": snapshot}, "external_ref": "event-2"}
    refused = await client.post("/complaints", json=loose, headers=as_(Role.PARTNER))
    assert refused.json()["errors"][0]["code"] == "snapshot-not-attached"
    receipt = await created(client, as_(Role.PARTNER), {**loose, "attachments": [snapshot]})
    view = await viewed(client, as_(Role.OPERATOR), receipt)
    assert (view["device"]["snapshot"], view["attachments"]) == (snapshot, [snapshot])


PAST = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
REFUSED: list[tuple[Role, dict[str, Any], str, str]] = [
    (Role.INSPECTOR, report(source="grid_patrol", reporter=CALLER), "/reporter", "not-of-this-source"),
    (Role.CITIZEN, report(station="station-03"), "/station", "not-of-this-source"),
    (Role.CITIZEN, report(device=DEVICE), "/device", "not-of-this-source"),
    (Role.PARTNER, {**HOTLINE, "external_ref": "call-1", "order": ORDER}, "/order", "not-of-this-source"),
    (Role.PARTNER, report(source="video_sensor", external_ref="event-3"), "/device", "source-demands"),
    (Role.PARTNER, SENSOR, "/external_ref", "source-demands"),
    (Role.OPERATOR, report(source="superior_assigned", order={**ORDER, "deadline": PAST}), "/order/deadline",
     "deadline-is-over"),
    (Role.PARTNER, {**SENSOR, "device": {**DEVICE, "confidence": 1.01}}, "/device/confidence", "less-than-equal"),
    (Role.PARTNER, {**SENSOR, "device": {"confidence": 0.5}}, "/device/id", "missing"),
    (Role.OPERATOR, report(source="superior_assigned", order={"deadline": "2099-01-01T00:00:00Z"}), "/order/number",
     "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "body", "pointer", "code"), REFUSED)
async def test_what_a_source_does_not_take_is_refused(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, role: Role, body: dict[str, Any], pointer: str, code: str
) -> None:
    async with engine.connect() as connection:
        before = await connection.scalar(sa.text("SELECT count(*) FROM complaint"))
    answer = await client.post("/complaints", json=body, headers=as_(role))
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"].replace("_", "-")) for error in answer.json()["errors"]] == [
        (pointer, code)
    ]
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM complaint")) == before


async def test_sources_say_what_their_reports_take(client: httpx.AsyncClient) -> None:
    sources = {each["code"]: each for each in (await client.get("/sources")).json()}
    assert sources["video_sensor"]["takes"] == ["device", "external_ref", "snapshot"]
    assert sources["video_sensor"]["demands"] == ["device"]
    assert "self_handled" in sources["grid_patrol"]["takes"]
