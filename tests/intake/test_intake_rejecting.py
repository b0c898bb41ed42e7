"""Rejecting a complaint: what is asked for, what its reporter reads, and the templates."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import Status
from contracts.roles import Role
from histories import History
from intake.conftest import As
from intake.reports import report
from intake.test_intake_following import apply
from intake_service.events.lifecycle import follow
from intake_service.persistence.tables import complaint
from refusals import code_of, errors_of
from runtime.ids import uuid7

BODY = {"reason": "not_ours", "template": "department", "department": "供电局", "note": "转告95598"}


async def filed(client: httpx.AsyncClient, as_: As) -> dict[str, Any]:
    """Return the receipt of a new complaint."""
    receipt: dict[str, Any] = (await client.post("/complaints", json=report(), headers=as_(Role.CITIZEN))).json()
    return receipt


@asynccontextmanager
async def answering(engine: AsyncEngine, receipt: dict[str, Any], *, granted: bool) -> AsyncIterator[list[Event]]:
    """Answer the request that comes, as dispatch would; yields what intake publishes on it."""
    life, published = History(), list[Event]()
    life.id = UUID(receipt["id"])

    async def answer() -> None:
        request = None
        while request is None:
            await asyncio.sleep(0.02)
            async with engine.connect() as connection:
                query = sa.select(complaint.c.release_request).where(complaint.c.id == receipt["id"])
                request = await connection.scalar(query)
        event = life.released(request, Status.RECEIVED, ending="rejected")
        if not granted:
            event = life.release_refused(request, Status.ACCEPTED)
        async with engine.begin() as connection:
            published.extend(await follow(connection, [event]))

    async with asyncio.TaskGroup() as group:
        group.create_task(answer())
        yield published


async def test_the_reporter_of_what_is_rejected_reads_whom_to_turn_to(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt = await filed(client, as_)
    path = f"/complaints/{receipt['id']}/rejection"
    async with answering(engine, receipt, granted=True) as published:
        rejected = await client.post(path, json=BODY, headers=as_(Role.OPERATOR))
    assert (rejected.status_code, rejected.json()["rejection"], rejected.headers["etag"]) == (200, "rejected", '"2"')

    seen = (await client.get(f"/track/{receipt['number']}", params={"query_code": receipt["query_code"]})).json()
    assert seen["status"] == "rejected"
    step = seen["progress"][-1]
    assert (step["code"], "供电局" in step["advice"]["zh"], receipt["number"] in step["advice"]["en"]) == (
        "not_ours", True, True,
    )  # fmt: skip
    assert "转告95598" not in str(seen)
    [event] = published
    said = event.data.model_dump(mode="json")
    assert (said["actor"], said["reason"], said["template"]) == ("operator-1", "转告95598", "department")
    assert said["advice"] == step["advice"]
    again = await client.post(path, json=BODY, headers=as_(Role.OPERATOR))
    assert (code_of(again), again.json()["present"]["status"]) == ((409, "illegal-transition"), "rejected")


async def test_what_is_rejected_waits_in_triage_no_longer(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt, bystander = await filed(client, as_), await filed(client, as_)
    operator = as_(Role.OPERATOR)
    for each in (receipt, bystander):
        put = await client.post(f"/complaints/{each['id']}/triage", json={"reason": "unclear"}, headers=operator)
        assert put.status_code == 201
    path = f"/complaints/{receipt['id']}/rejection"
    async with answering(engine, receipt, granted=True):
        assert (await client.post(path, json=BODY, headers=operator)).json()["rejection"] == "rejected"
    item, other = [
        (await client.get(f"/triage/{each['id']}", headers=operator)).json() for each in (receipt, bystander)
    ]
    assert (item["state"], item["outcome"], item["status"]) == ("ended", "rejected", "rejected")
    assert ([step["step"] for step in item["steps"]], item["claimed_by"]) == (["put", "rejected"], None)
    assert other["state"] == "waiting"
    ended = (await client.get("/triage", params={"state": "ended"}, headers=operator)).json()["items"]
    assert receipt["id"] in {each["id"] for each in ended}


async def test_a_unit_that_was_quicker_keeps_it(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    receipt = await filed(client, as_)
    async with answering(engine, receipt, granted=False):
        lost = await client.post(f"/complaints/{receipt['id']}/rejection", json=BODY, headers=as_(Role.OPERATOR))
    assert code_of(lost) == (409, "illegal-transition")


async def test_what_a_unit_has_accepted_cannot_be_rejected_and_nothing_is_asked(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt = await filed(client, as_)
    life = History()
    life.id = UUID(receipt["id"])
    await apply(engine, life.assigned(), life.accepted())
    refused = await client.post(f"/complaints/{receipt['id']}/rejection", json=BODY, headers=as_(Role.OPERATOR))
    assert (code_of(refused), refused.json()["present"]["status"]) == ((409, "illegal-transition"), "accepted")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": "dull"}, ("/reason", "choice")),
        ({"advice": {"zh": "请拨打12345"}}, ("", "template-or-advice")),
        ({"template": None}, ("", "template-or-advice")),
        ({"template": "nowhere"}, ("/template", "template-unknown")),
        ({"department": None}, ("/department", "department-missing")),
        ({"template": None, "advice": {"zh": " "}}, ("/advice/zh", "pattern")),
        ({"template": None, "advice": {"en": "Call 110"}}, ("/advice/zh", "missing")),
    ],
)
async def test_a_rejection_without_a_reason_or_an_advice_is_refused(
    client: httpx.AsyncClient, as_: As, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    receipt = await filed(client, as_)
    path = f"/complaints/{receipt['id']}/rejection"
    answer = await client.post(path, json={**BODY, **changes}, headers=as_(Role.OPERATOR))
    assert answer.status_code == 422
    assert [where for where, _ in errors_of(answer)] == [error[0]], errors_of(answer)


async def test_only_operators_reject_and_only_their_tenants_complaints(client: httpx.AsyncClient, as_: As) -> None:
    receipt = await filed(client, as_)
    path = f"/complaints/{receipt['id']}/rejection"
    for role in (Role.CITIZEN, Role.OFFICER, Role.DISPATCHER):
        assert (await client.post(path, json=BODY, headers=as_(role))).status_code == 403
    elsewhere = await client.post(path, json=BODY, headers=as_(Role.OPERATOR, tenant="520102"))
    nowhere = await client.post(f"/complaints/{uuid7()}/rejection", json=BODY, headers=as_(Role.OPERATOR))
    assert (elsewhere.status_code, nowhere.status_code) == (404, 404)
    stale = await client.post(path, json=BODY, headers=as_(Role.OPERATOR, **{"If-Match": '"7"'}))
    assert stale.status_code == 412


async def test_administrators_replace_the_templates_and_broken_ones_are_refused(
    client: httpx.AsyncClient, as_: As
) -> None:
    shown = await client.get("/rejection-templates", headers=as_(Role.OPERATOR))
    templates = shown.json()["templates"]
    assert (shown.json()["version"], shown.headers["etag"]) == (0, '"0"')
    assert {"110", "119", "120", "122", "12315"} <= {*re.findall("[0-9]+", " ".join(each["zh"] for each in templates))}
    own = {"code": "parks", "reason": "not_ours", "zh": "请联系{department}，编号{number}", "en": "Ask {department}."}
    path, admin = "/rejection-templates", as_(Role.ADMIN)
    assert (await client.put(path, json={"templates": [own]}, headers=as_(Role.OPERATOR))).status_code == 403
    for changes, where, code in (
        ({"zh": "请联系{phone}"}, "/templates/0/zh", "placeholder-unknown"),
        ({"en": "Ask {department.__class__}"}, "/templates/0/en", "placeholder-unknown"),
        ({"en": "Ask {department"}, "/templates/0/en", "placeholder-unclosed"),
    ):
        broken = await client.put(path, json={"templates": [{**own, **changes}]}, headers=admin)
        assert errors_of(broken) == [(where, code)]
    twice = await client.put(path, json={"templates": [own, own]}, headers=admin)
    assert twice.status_code == 422
    kept = await client.put(path, json={"templates": [own]}, headers={**admin, "If-Match": '"0"'})
    assert (kept.status_code, kept.json()["version"], kept.json()["changed_by"]) == (200, 1, "admin-1")
    stale = await client.put(path, json={"templates": []}, headers={**admin, "If-Match": '"0"'})
    assert stale.status_code == 412
    neighbour = await client.get(path, headers=as_(Role.OPERATOR, tenant="520102"))
    assert neighbour.json()["templates"] == templates
