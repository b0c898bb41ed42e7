"""What intake tells of closings: the query code's digest, and complaints that stay verified for a while."""

from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import ComplaintClosed, ComplaintVerified, query_code_digest
from contracts.lifecycle import EventType
from contracts.roles import Role
from histories import History
from intake.conftest import As
from intake.reports import REPORT
from intake_service.events.lifecycle import follow
from outboxes import published


async def test_the_event_carries_what_the_code_hashes_to_and_not_the_code(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt = (await client.post("/complaints", json=REPORT, headers=as_(Role.CITIZEN))).json()
    [received] = await published(engine, receipt["id"])
    assert receipt["query_code"] not in received["payload"]
    expected = query_code_digest(UUID(receipt["id"]), receipt["query_code"].lower())
    assert received["data"]["query_code_digest"] == expected


async def test_it_follows_from_verified_into_another_round_and_to_the_closing(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    receipt = (await client.post("/complaints", json=REPORT, headers=as_(Role.CITIZEN))).json()
    history = History()
    history.id = UUID(receipt["id"])

    def verified() -> None:
        history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="photo"))

    for step in (history.assigned, history.accepted, history.started, history.resolved, verified):
        step()
    history.rework_ordered()
    history.assigned(number=2)
    for step in (history.accepted, history.started, history.resolved, verified):
        step()
    history.event(EventType.CLOSED, ComplaintClosed(gates=("verification", "follow_up")))
    for event in history.events:
        async with engine.begin() as connection:
            await follow(connection, [event])
    seen = (await client.get(f"/complaints/{history.id}", headers=as_(Role.CITIZEN))).json()
    assert seen["status"] == "closed"
    assert [step["status"] for step in seen["progress"]][5:8] == ["verified", "assigned", "assigned"]
