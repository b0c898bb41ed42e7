"""Dispatch as the tests of this folder use it: its own database, its API in the process, and events handed to it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.closing_events import ComplaintForceClosed, ComplaintVoided, EndingDecided
from contracts.envelope import Event, headers_of_event
from contracts.events import (
    Advice,
    ComplaintClosed,
    ComplaintErased,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintReclassified,
    ComplaintRejected,
    ComplaintReopened,
    ComplaintUnmerged,
    ComplaintVerified,
    ComplaintWithdrawn,
    Payload,
    Place,
    ReleaseRequested,
    ReworkOrdered,
)
from contracts.lifecycle import TRANSITIONS, EventType, Status
from contracts.topics import LIFECYCLE
from dispatch_service.service.clockworks import Clockworks
from eventbus.parking import Message
from eventbus.slices import Outcome, Subscription
from runtime.auth import issue_token
from runtime.ids import uuid7

TENANT, NEIGHBOUR = "522723", "520102"
SECRET = "c0ffee-5d1e-4bd1-9a55-2f6b3e8d71a4-tests"
TOWN = (107.2357, 26.5807)
"""The county town: in grid-08 of the demo county."""
FAR_AWAY = (116.39, 39.9)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
DECISION = UUID("01a22449-0000-7000-8000-000000000001")
RECEIVED_AT = datetime(2026, 3, 1, 8, tzinfo=UTC)

LATER: dict[EventType, Payload] = {
    EventType.VERIFIED: ComplaintVerified(actor="inspector-demo", method="photo"),
    EventType.REWORK_ORDERED: ReworkOrdered(actor="inspector-demo", method="photo", reason="垃圾还在", round=2),
    EventType.CLOSED: ComplaintClosed(gates=("verification",)),
    EventType.REOPENED: ComplaintReopened(actor="citizen-1", reason="又堆上了", round=2),
    EventType.WITHDRAWN: ComplaintWithdrawn(actor="citizen-1"),
    EventType.REJECTED: ComplaintRejected(actor="operator-1", code="not_ours", advice=Advice(zh="请拨打12315")),
    EventType.MERGED: ComplaintMerged(actor="operator-1", into=DECISION),
    EventType.UNMERGED: ComplaintUnmerged(actor="operator-1", master=DECISION),
    EventType.VOIDED: ComplaintVoided(actor="supervisor-demo", decision=DECISION, reason="误报"),
    EventType.FORCE_CLOSED: ComplaintForceClosed(actor="supervisor-demo", decision=DECISION, reason="x", gates=()),
    EventType.RELEASE_REQUESTED: ReleaseRequested(actor="citizen-1", ending="withdrawn"),
    EventType.ERASED: ComplaintErased(actor="supervisor-1", ground="request", reason="来函申请", texts=True),
}
_NUMBERS = {
    EventType.CLOSED: 2,
    EventType.REOPENED: 3,
    EventType.WITHDRAWN: 3,
    EventType.REJECTED: 3,
    EventType.MERGED: 3,
    EventType.UNMERGED: 4,
    EventType.RELEASE_REQUESTED: 2,
    EventType.ERASED: 2,
}
"""Of the events of a straight story; that of the others is 1."""


def received(at: tuple[float, float] | None = TOWN, *, tenant: str = TENANT, **given: Any) -> Event:
    """Return the event of a complaint at a point, or at none."""
    complaint_id = uuid7()
    lon, lat = at or (None, None)
    facts = {
        "number": f"GD{complaint_id.hex[-8:]}",
        "source": "resident_app",
        "proactive": False,
        "category": "street.vendors",
        "description": "小区门口占道经营",
        "location": Place(lon=lon, lat=lat, address="金南街道"),
        "occurred_at": None,
        "received_at": RECEIVED_AT,
        **given,
    }
    return _event(EventType.RECEIVED, complaint_id, tenant, ComplaintReceived.model_validate(facts), 1)


def later(about: Event, event_type: EventType, *, tenant: str | None = None, sequence: int | None = None) -> Event:
    """Return a later event of intake or ledger about the complaint of `about`, with the number that it usually has."""
    number = sequence or _NUMBERS.get(event_type, 1)
    return _event(event_type, about.subject, tenant or about.tenant, LATER[event_type], number)


def event_about(about: Event, event_type: EventType, data: Payload, sequence: int) -> Event:
    """Return an event about the complaint of `about`."""
    return _event(event_type, about.subject, about.tenant, data, sequence)


def reclassified(about: Event, category: str, *, sequence: int = 2) -> Event:
    """Return the correction of its category by an operator."""
    data = ComplaintReclassified(actor="operator-1", category=category, reason="归类有误")
    return _event(EventType.RECLASSIFIED, about.subject, about.tenant, data, sequence)


def ending_decided(
    about: Event, ending: str, *, approved: bool = True, status: Status = Status.ASSIGNED, sequence: int = 1
) -> Event:
    """Return the ledger's decision on a request to void a complaint (`voided`) or to close it by force (`closed`)."""
    facts = {"actor": "supervisor-demo", "request": DECISION, "ending": ending, "approved": approved, "status": status}
    data = EndingDecided.model_validate(facts)
    return _event(EventType.ENDING_DECIDED, about.subject, about.tenant, data, sequence)


def _event(event_type: EventType, subject: UUID, tenant: str, data: Payload, sequence: int) -> Event:
    event_id = uuid7()
    return Event(
        id=event_id,
        type=event_type,
        source=TRANSITIONS[event_type].owner,
        subject=subject,
        tenant=tenant,
        time=RECEIVED_AT,
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=TRACE,
        data=data,
    )


@dataclass
class World:
    """One dispatch service with the demo county in `TENANT` and nothing in `NEIGHBOUR`."""

    app: FastAPI
    engine: AsyncEngine
    subscription: Subscription
    client: AsyncClient
    clockworks: Clockworks
    _offset: int = field(default=0)

    async def deliver(self, *events: Event) -> Outcome:
        """Apply `events` as one slice, as the consumer does."""
        return await self.subscription.apply(self.engine, [self.message(event) for event in events])

    async def a_case(self, *steps: str, at: tuple[float, float] | None = TOWN) -> Event:
        """Return the event of a new case that the demo officer has brought through `steps`."""
        event = received(at)
        await self.deliver(event)
        for step in steps:
            response = await self.act(event, step, role="officer")
            assert response.status_code == 200, response.text
        return event

    async def act(self, about: Event, action: str, body: object = None, *, role: str, **options: Any) -> Any:
        """Send an action on the case of `about`; a resolve without a body gets a valid one."""
        if action == "resolve" and body is None:
            body = {"handling_mode": "on_site_rectification", "result": "已清理"}
        path = f"/dispatch/v1/cases/{about.subject}/{action}"
        return await self.send("POST", path, role=role, json=body, **options)

    async def send(
        self,
        method: str,
        path: str,
        *,
        role: str,
        subject: str | None = None,
        tenant: str = TENANT,
        headers: dict[str, str] | None = None,
        json: object = None,
        **options: Any,
    ) -> Any:
        """Send a request with a token of `role`; `json` None sends no body."""
        token = issue_token(SECRET, subject or f"{role}-demo", tenant, [role], timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en", **(headers or {})}
        if json is not None:
            options["json"] = json
        return await self.client.request(method, path, headers=headers, **options)

    async def row(self, about: Event) -> dict[str, Any]:
        """Return the case as it is stored."""
        statement = sa.text("SELECT * FROM dispatch_case WHERE complaint_id = :id")
        async with self.engine.connect() as connection:
            return dict((await connection.execute(statement, {"id": about.subject})).mappings().one())

    async def published(self, about: Event) -> list[dict[str, Any]]:
        """Return what the outbox holds about a complaint, in order, with payloads parsed."""
        statement = sa.text("SELECT * FROM outbox WHERE aggregateid = :key ORDER BY position")
        async with self.engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(statement, {"key": str(about.subject)})).mappings().all()
        return [{**row, "payload": json.loads(row["payload"])} for row in rows]

    async def snapshot(self, *tables: str) -> dict[str, list[str]]:
        """Return all rows of the tables as text, sorted."""
        async with self.engine.connect() as connection:
            rows = {table: await connection.execute(sa.text(f"SELECT * FROM {table}")) for table in tables}
            return {table: sorted(map(str, found)) for table, found in rows.items()}

    async def run(self, sql: str, **values: object) -> None:
        """Run a statement, as an operator might."""
        async with self.engine.begin() as connection:
            await connection.execute(sa.text(sql), values)

    def message(self, event: Event) -> Message:
        """Return the event as the next record of a partition."""
        self._offset += 1
        headers = headers_of_event(event)
        value = event.data.model_dump_json(exclude_none=True).encode()
        return Message(LIFECYCLE.name, 0, self._offset, str(event.subject).encode(), headers, value)
