"""Tells of the photos that show activities entered here, so that intake, which has them, keeps them."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.field_activity import ActivityEvidenced, FieldEvent, photos_among
from contracts.topics import FIELD_ACTIVITY
from eventbus import outbox
from ledger_service.domain.activity import Activity
from ledger_service.service.activities import Act
from runtime.ids import uuid7
from runtime.tracing import current_traceparent


async def tell(connection: AsyncConnection, act: Act, activity: Activity) -> None:
    """Tell of the photos of an activity that was just entered or corrected; without any, of nothing."""
    photos = tuple(photos_among(activity.facts.evidence))
    if not photos:
        return
    event_id = uuid7()
    event = Event(
        id=event_id,
        type=FieldEvent.EVIDENCED,
        source="ledger",
        subject=activity.id,
        tenant=activity.tenant,
        time=act.at,
        sequence=activity.version,
        correlation_id=event_id,
        causation_id=None,
        traceparent=current_traceparent(),
        data=ActivityEvidenced(actor=act.actor, photos=photos),
    )
    await outbox.append(connection, FIELD_ACTIVITY.name, [event])
