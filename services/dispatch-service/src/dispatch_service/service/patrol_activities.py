"""What is told of patrols: those that are done become activities of the ledger 活动, and intake keeps their photos.

Each event is written in the transaction of what it tells.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import Payload, Place
from contracts.field_activity import ActivityRecorded, ActivityVoided, FieldEvent, PatrolPhotographed
from contracts.topics import FIELD_ACTIVITY
from dispatch_service.domain.patrol import PatrolKind
from dispatch_service.persistence import patrol_visits
from dispatch_service.persistence.rows import Row
from dispatch_service.service.announcements import SOURCE
from eventbus import outbox
from runtime.ids import uuid7

KINDS: Mapping[PatrolKind, str] = {
    PatrolKind.DAILY_PATROL: "patrols",
    PatrolKind.REGULAR_INSPECTION: "inspections",
    PatrolKind.HOME_VISIT: "visits",
}
"""As the ledger calls them. A home visit counts the doors that it came to, the others count one each."""
_MOST_EVIDENCE = 20


class Cause(Protocol):
    """Who did it, when, in which trace."""

    @property
    def actor(self) -> str:
        """Subject of a token."""

    @property
    def now(self) -> datetime:
        """The present moment."""

    @property
    def traceparent(self) -> str:
        """As W3C has it."""


async def record(connection: AsyncConnection, patrol: Row, cause: Cause) -> dict[str, Any]:
    """Publish that a locked patrol is done, and return the columns that change.

    Home visits at which nobody was visited are no activity.
    """
    kind = PatrolKind(patrol["kind"])
    count = patrol["points_visited"] if kind is PatrolKind.HOME_VISIT else 1
    if count == 0:
        return {}
    visits = await patrol_visits.of_patrol(connection, patrol["tenant"], patrol["id"])
    photos = [str(photo) for visit in visits for photo in visit["photos"]]
    people = {visit["subject"] for visit in visits} | {patrol["started_by"], patrol["ended_by"]}
    points = patrol["points"]
    data = ActivityRecorded(
        kind=KINDS[kind],
        count=count,
        started_at=patrol["started_at"],
        ended_at=patrol["ended_at"],
        actor=cause.actor,
        team=patrol["team"],
        community=patrol["community"],
        grid=patrol["grid"],
        location=Place(lon=points[0]["lon"], lat=points[0]["lat"]) if points else None,
        people=len(people),
        evidence=tuple(photos[:_MOST_EVIDENCE]),
        plan=patrol["plan"],
        patrol=patrol["id"],
        note=patrol["note"] or patrol["name"],
        generated=patrol["generated"],
    )
    return await _publish(connection, patrol, patrol["activity"] or uuid7(), FieldEvent.RECORDED, data, cause)


async def void(connection: AsyncConnection, patrol: Row, cause: Cause, reason: str) -> dict[str, Any]:
    """Publish that what was recorded of a locked patrol shall not count, and return the columns that change."""
    if patrol["activity"] is None:
        return {}
    data = ActivityVoided(actor=cause.actor, reason=reason)
    return await _publish(connection, patrol, patrol["activity"], FieldEvent.VOIDED, data, cause)


async def tell_photos(connection: AsyncConnection, patrol: Row, visit: Row, cause: Cause) -> None:
    """Publish which photos a new visit of a locked patrol has brought, whatever becomes of the patrol."""
    if visit["photos"]:
        data = PatrolPhotographed(
            actor=cause.actor, team=patrol["team"], patrol=patrol["id"], photos=tuple(visit["photos"])
        )
        event = _event(patrol["tenant"], visit["id"], 1, FieldEvent.PHOTOGRAPHED, data, cause)
        await outbox.append(connection, FIELD_ACTIVITY.name, [event])


async def _publish(
    connection: AsyncConnection, patrol: Row, activity: UUID, event_type: FieldEvent, data: Payload, cause: Cause
) -> dict[str, Any]:
    sequence = patrol["sequence"] + 1
    event = _event(patrol["tenant"], activity, sequence, event_type, data, cause)
    await outbox.append(connection, FIELD_ACTIVITY.name, [event])
    return {"activity": activity, "sequence": sequence}


def _event(
    tenant: str, subject: UUID, sequence: int, event_type: FieldEvent, data: Payload, cause: Cause
) -> Event[FieldEvent]:
    event_id = uuid7()
    return Event(
        id=event_id,
        type=event_type,
        source=SOURCE,
        subject=subject,
        tenant=tenant,
        time=cause.now,
        sequence=sequence,
        correlation_id=event_id,
        causation_id=None,
        traceparent=cause.traceparent,
        data=data,
    )
