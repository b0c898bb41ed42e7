"""How reporters see that a complaint was voided or closed by force, and how that meets their own withdrawal."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.closing_events import ComplaintForceClosed, ComplaintVoided
from contracts.envelope import Event
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from histories import History
from intake.conftest import As
from intake.reports import REPORT
from intake.test_intake_following import apply, history, requested, view
from intake_service.events.lifecycle import follow
from intake_service.persistence.tables import complaint

__all__ = ["history"]
REASON = "误报，现场无此事"


def _ended(history: History, event_type: EventType) -> Event:
    facts = {"actor": "supervisor-1", "decision": uuid4(), "reason": REASON, "gates": ()}
    model = ComplaintVoided if event_type is EventType.VOIDED else ComplaintForceClosed
    return history.event(event_type, model.model_validate(facts))


@pytest.mark.parametrize(
    ("event_type", "status", "label"),
    [(EventType.VOIDED, "voided", "已作废"), (EventType.FORCE_CLOSED, "closed", "已结案")],
)
async def test_the_reporter_reads_in_plain_words_that_it_ended_and_why(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, event_type: EventType, status: str, label: str
) -> None:
    receipt = (await client.post("/complaints", json=REPORT, headers=as_(Role.CITIZEN))).json()
    life = History()
    life.id = receipt["id"]
    await apply(engine, life.assigned(), life.released(uuid4(), Status.ASSIGNED, ending=status))
    await apply(engine, _ended(life, event_type))
    path = f"/track/{receipt['number']}"
    seen = (
        await client.get(path, params={"query_code": receipt["query_code"]}, headers={"Accept-Language": "zh"})
    ).json()
    assert (seen["status"], seen["status_label"]) == (status, label)
    assert [(step["status"], step["reason"]) for step in seen["progress"]] == [
        ("received", None),
        ("assigned", None),
        (status, REASON),
    ]
    assert (await view(client, as_, life))["progress"][-1]["reason"] == REASON


async def test_dispatch_lets_go_for_the_ledger_and_intake_withdraws_nothing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    """Whoever has asked to withdraw at the same time is refused, and sees what came instead."""
    await apply(engine, history.assigned())
    request = await requested(engine, history)
    await apply(engine, history.released(uuid4(), Status.ASSIGNED, ending="voided"))
    assert (await view(client, as_, history))["status"] == "assigned"
    await apply(engine, history.release_refused(request.id, Status.VOIDED), _ended(history, EventType.VOIDED))
    assert (await view(client, as_, history))["status"] == "voided"
    async with engine.connect() as connection:
        state = await connection.scalar(sa.select(complaint.c.release_state).where(complaint.c.id == history.id))
    assert state == "refused"
    late = await client.post(f"/complaints/{history.id}/withdrawal", json={}, headers=as_(Role.CITIZEN))
    assert (late.status_code, late.json()["present"]["status"]) == (409, "voided")


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        ("rejected", {"code": "not_ours", "advice": {"zh": "请拨打12315"}, "template": "consumer"}),
        ("merged", {"into": "01a22449-0000-7000-8000-000000000001"}),
    ],
)
async def test_once_dispatch_lets_go_it_ends_as_was_asked_with_what_was_said_then(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History, ending: str, data: dict[str, Any]
) -> None:
    request = await requested(engine, history, release_ending=ending, release_reason="同类", release_data=data)
    late = await client.post(f"/complaints/{history.id}/withdrawal", json={}, headers=as_(Role.CITIZEN))
    assert (late.status_code, late.json()["type"].rsplit(":")[-1]) == (409, "release-underway")

    async with engine.begin() as connection:
        [ended] = await follow(connection, [history.released(request.id, Status.RECEIVED, ending=ending)])

    assert (ended.type, ended.causation_id) == (f"complaint.{ending}", history.events[-1].id)
    said = {"actor": "citizen-1", "reason": "同类", **data}
    assert ended.data.model_dump(mode="json", exclude_none=True) == said
    assert (await view(client, as_, history))["status"] == ending


async def test_a_withdrawal_that_is_granted_is_the_last_step_that_the_reporter_sees(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As, history: History
) -> None:
    await apply(engine, history.assigned())
    asking = asyncio.create_task(
        client.post(f"/complaints/{history.id}/withdrawal", json={"reason": "已解决"}, headers=as_(Role.CITIZEN))
    )
    query = sa.select(complaint.c.release_request).where(complaint.c.id == history.id)
    request = None
    async with asyncio.timeout(5):
        while request is None:
            await asyncio.sleep(0.02)
            async with engine.connect() as connection:
                request = await connection.scalar(query)
    await apply(engine, history.released(request, Status.ASSIGNED))
    assert (await asking).json()["withdrawal"] == "withdrawn"
    assert [step["status"] for step in (await view(client, as_, history))["progress"]] == [
        "received",
        "assigned",
        "withdrawn",
    ]
