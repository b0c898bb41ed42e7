"""What dispatch publishes about patrols is entered as activities, once, and counts."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import Event, headers_of_event
from contracts.events import Payload, Place
from contracts.field_activity import ActivityErased, ActivityRecorded, ActivityVoided, FieldEvent
from contracts.roles import Role
from contracts.topics import FIELD_ACTIVITY
from eventbus.errors import OutOfOrder, Permanent
from eventbus.parking import Message
from histories import TENANT
from ledger.conftest import As
from ledger_service.events.field_activities import subscription
from outboxes import published
from runtime.ids import uuid7

AT = datetime(2025, 6, 1, 18, tzinfo=UTC)
"""The second of June in the county."""
PATROL, PHOTO = uuid7(), str(uuid7())
SUBSCRIPTION = subscription(ZoneInfo("Asia/Shanghai"))


def patrolled(**changes: Any) -> Event[FieldEvent]:
    said: dict[str, Any] = {
        "kind": "patrols",
        "count": 1,
        "started_at": AT,
        "ended_at": AT,
        "actor": "officer-1",
        "team": "team-08",
        "community": "community-08",
        "grid": "grid-08",
        "location": Place(lon=107.2357, lat=26.5807),
        "people": 2,
        "evidence": (PHOTO,),
        "patrol": PATROL,
        "note": "早市巡查",
    }
    return _event(FieldEvent.RECORDED, uuid7(), ActivityRecorded(**{**said, **changes}), 1)


def voided(activity: UUID) -> Event[FieldEvent]:
    return _event(FieldEvent.VOIDED, activity, ActivityVoided(actor="supervisor-1", reason="走错片区"), 2)


def erased(activity: UUID) -> Event[FieldEvent]:
    said = ActivityErased(actor="admin-1", ground="request", reason="登记号 2026-17")
    return _event(FieldEvent.ERASED, activity, said, 2)._replace(source="ledger")


def _event(event_type: FieldEvent, subject: UUID, data: Payload, sequence: int) -> Event[FieldEvent]:
    event_id = uuid7()
    return Event(event_id, event_type, "dispatch", subject, TENANT, AT, sequence, event_id, None, None, data)


async def deliver(engine: AsyncEngine, *events: Event[FieldEvent]) -> int:
    messages = [
        Message(
            FIELD_ACTIVITY.name,
            0,
            number,
            str(event.subject).encode(),
            headers_of_event(event),
            event.data.model_dump_json(exclude_none=True).encode(),
        )
        for number, event in enumerate(events)
    ]
    return (await SUBSCRIPTION.apply(engine, messages)).applied


async def shown(client: httpx.AsyncClient, as_: As, activity: UUID) -> Any:
    return (await client.get(f"/activities/{activity}", headers=as_(Role.DISPATCHER))).json()


async def figures(client: httpx.AsyncClient, as_: As) -> dict[str, int]:
    answer = await client.get("/bulletin?from=2025-06-02&to=2025-06-02&lang=en", headers=as_(Role.ANALYST))
    return {figure["kind"]: figure["quantity"] for figure in answer.json()["figures"]}


async def test_it_is_an_activity_once_however_often_it_comes(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    patrol, inspection, doors = patrolled(), patrolled(kind="inspections"), patrolled(kind="visits", count=7)

    applied = [await deliver(engine, patrol, inspection, doors, patrol), await deliver(engine, doors, patrol)]

    assert applied == [3, 0]
    assert await figures(client, as_) == {"patrols": 1, "inspections": 1, "visits": 7}
    found = await shown(client, as_, patrol.subject)
    assert (found["recorded_by"], found["day"], found["version"]) == ("officer-1", "2025-06-02", 1)
    assert (found["team"], found["community"], found["people"]) == ("team-08", "community-08", 2)
    assert found["evidence"] == [f"patrol {PATROL}", PHOTO]
    assert found["label"] == {"zh": "日常巡查", "en": "Patrols"}


async def test_what_is_voided_does_not_count_and_its_entries_stay(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    before = await figures(client, as_)
    patrol = patrolled()

    await deliver(engine, patrol, voided(patrol.subject))

    assert await figures(client, as_) == before
    assert (await shown(client, as_, patrol.subject))["void_reason"] == "走错片区"
    entries = await client.get(f"/entries?subject={patrol.subject}", headers=as_(Role.ANALYST))
    assert len(entries.json()["items"]) == 2


async def test_what_a_supervisor_has_voided_here_stays_as_it_is(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    patrol = patrolled()
    await deliver(engine, patrol)
    path = f"/activities/{patrol.subject}/voiding"
    await client.post(path, headers=as_(Role.SUPERVISOR), json={"reason": "重复"})

    assert await deliver(engine, voided(patrol.subject)) == 1
    assert (await shown(client, as_, patrol.subject))["void_reason"] == "重复"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (patrolled(kind="walks"), Permanent),
        (patrolled(count=100_001), Permanent),
        (patrolled(started_at=datetime(2030, 1, 1, tzinfo=UTC)), Permanent),
        (voided(uuid7()), OutOfOrder),
        (erased(uuid7()), OutOfOrder),
    ],
)
async def test_what_cannot_be_entered_leaves_nothing_behind(
    engine: AsyncEngine, event: Event[FieldEvent], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await deliver(engine, patrolled(), event)
    counted = text("SELECT count(*) FROM activity WHERE id = :id")
    async with engine.connect() as connection:
        assert (await connection.execute(counted, {"id": event.subject})).scalar_one() == 0


async def test_what_is_erased_does_not_come_back(client: httpx.AsyncClient, engine: AsyncEngine, as_: As) -> None:
    patrol = patrolled(note="走访王芳")
    await deliver(engine, patrol)
    why = {"reason": "登记号 2026-17"}
    erasure = await client.post(f"/activities/{patrol.subject}/erasure", headers=as_(Role.ADMIN), json=why)
    before = await figures(client, as_)

    assert await deliver(engine, patrol) == 0
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM inbox"))  # as after 60 days
    assert await deliver(engine, patrol) == 1

    assert await shown(client, as_, patrol.subject) == erasure.json()
    assert (erasure.json()["note"], erasure.json()["evidence"], erasure.json()["evidence_count"]) == (None, [], 2)
    assert await figures(client, as_) == before
    entries = await client.get(f"/entries?subject={patrol.subject}", headers=as_(Role.ANALYST))
    assert [(line["type"], line["erased"]) for line in entries.json()["items"]] == [
        ("activity.erased", False),
        ("activity.recorded", True),
    ]


async def test_a_ledger_that_was_restored_finds_its_erasures_on_the_topic(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    patrol = patrolled()
    erasure = erased(patrol.subject)

    assert await deliver(engine, patrol, erasure) == 2

    found = await shown(client, as_, patrol.subject)
    assert (found["note"], found["evidence"], found["version"]) == (None, [], 2)
    [line, _] = (await client.get(f"/entries?subject={patrol.subject}", headers=as_(Role.OFFICER))).json()["items"]
    assert (line["event_id"], line["actor"], line["data"]["reason"]) == (str(erasure.id), "admin-1", "登记号 2026-17")


async def test_its_own_erasure_takes_nothing_that_was_written_since(
    client: httpx.AsyncClient, engine: AsyncEngine, as_: As
) -> None:
    patrol = patrolled()
    path, headers = f"/activities/{patrol.subject}", as_(Role.SUPERVISOR)
    await deliver(engine, patrol)
    await client.post(f"{path}/erasure", headers=headers, json={"reason": "登记号 2026-17"})
    change = {"kind": "patrols", "quantity": 1, "happened_at": AT.isoformat(), "note": "早市", "reason": "补记"}
    corrected = await client.post(f"{path}/correction", headers=headers, json=change)
    [told, _] = await published(engine, patrol.subject)

    assert await deliver(engine, erased(patrol.subject)._replace(id=told["id"])) == 0

    assert await shown(client, as_, patrol.subject) == corrected.json()
