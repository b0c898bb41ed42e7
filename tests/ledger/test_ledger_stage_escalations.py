"""What dispatch tells of the limits to accept a complaint and to be on site is no delay of its handling."""

from datetime import UTC, datetime, timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import ComplaintEscalated
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import OWNER
from ledger.conftest import As, Enter
from ledger.eventful import Eventful
from ledger_service.persistence.open_cases import OpenFilter, count, find
from runtime.ids import uuid7


async def test_an_escalation_of_a_stage_says_which_and_leaves_light_and_promise(
    engine: AsyncEngine, enter: Enter, client: httpx.AsyncClient, as_: As
) -> None:
    now = datetime.now(UTC)
    promised_at = now + timedelta(hours=9)
    history = Eventful(tenant=f"t{uuid7().hex[-10:]}")
    history.received()
    history.promised(promised_at)
    for level in (100, 200):
        told = {"level": level, "limit": "accept", "stage": "accept", "team": "team-01", "promised_at": promised_at}
        history.event(
            EventType.ESCALATED, ComplaintEscalated.model_validate({**told, "warn_at": now + timedelta(hours=7)})
        )
    await enter(history)

    async with engine.connect() as connection:
        [counted] = await count(connection, history.tenant, now)
        found = await find(connection, history.tenant, OpenFilter(), at=now, size=5)
    assert counted.light == "green"
    assert [(case["light"], case["promised_at"]) for case in found.cases] == [("green", promised_at)]
    path = f"/complaints/{history.events[0].subject}"
    story = (await client.get(path, headers=as_(Role.CITIZEN, OWNER, tenant=history.tenant))).json()
    assert [(line["data"]["limit"], line["data"]["level"]) for line in story["timeline"][-2:]] == [
        ("accept", 100),
        ("accept", 200),
    ]
