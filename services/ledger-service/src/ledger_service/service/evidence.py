"""Tells of the photos that show activities entered here, so that intake, which has them, keeps them."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.field_activity import ActivityEvidenced, FieldEvent
from contracts.topics import FIELD_ACTIVITY
from eventbus import outbox
from ledger_service.domain.activity import Activity
from ledger_service.service.activities import Act
from runtime.ids import uuid7


async def tell(connection: AsyncConnection, act: Act, activity: Activity) -> None:
    """Tell of the photos of an activity that was just entered or corrected; without any, of nothing."""
    photos = tuple(_photos(activity.facts.evidence))
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
        traceparent=None,
        data=ActivityEvidenced(actor=act.actor, photos=photos),
    )
    await outbox.append(connection, FIELD_ACTIVITY.name, [event])


def _photos(evidence: tuple[str, ...]) -> Iterator[UUID]:
    """Evidence may also be numbers of papers."""
    for each in evidence:
        with suppress(ValueError):
            yield UUID(each)
