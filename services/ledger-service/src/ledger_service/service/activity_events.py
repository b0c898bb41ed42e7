"""Tells of activities what others need: photos that show them, which intake has, and that their words are erased."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import Payload
from contracts.field_activity import ActivityErased, ActivityEvidenced, FieldEvent, photos_among
from contracts.topics import FIELD_ACTIVITY
from eventbus import outbox
from ledger_service.domain.activity import Activity, Erasure
from ledger_service.service.activities import Act
from runtime.ids import uuid7
from runtime.tracing import current_traceparent


async def tell_photos(connection: AsyncConnection, act: Act, activity: Activity) -> None:
    """Tell of the photos of an activity that was just entered or corrected; without any, of nothing."""
    photos = tuple(photos_among(activity.facts.evidence))
    if photos:
        data = ActivityEvidenced(actor=act.actor, photos=photos)
        await _tell(connection, act, activity, uuid7(), FieldEvent.EVIDENCED, data)


async def tell_erasure(connection: AsyncConnection, act: Act, activity: Activity, why: Erasure) -> None:
    """Tell that what was written about an activity was just erased.

    A ledger that is restored from a backup comes to it behind what it erases.
    """
    data = ActivityErased(actor=act.actor, ground=why.ground, reason=why.reason)
    await _tell(connection, act, activity, why.id, FieldEvent.ERASED, data)


async def _tell(
    connection: AsyncConnection, act: Act, activity: Activity, event_id: UUID, kind: FieldEvent, data: Payload
) -> None:
    event = Event(
        id=event_id,
        type=kind,
        source="ledger",
        subject=activity.id,
        tenant=activity.tenant,
        time=act.at,
        sequence=activity.version,
        correlation_id=event_id,
        causation_id=None,
        traceparent=current_traceparent(),
        data=data,
    )
    await outbox.append(connection, FIELD_ACTIVITY.name, [event])
