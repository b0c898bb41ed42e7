"""Photos that were named before they were here: tells which a complaint lacks, and takes in those that come later."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import PhotosChecked
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence import named_photos
from intake_service.persistence.own_events import event_about
from intake_service.service.uploading import KEEP_UPLOADS
from runtime import clock

_BATCH = 200
_NOBODY: Mapping[UUID, Event] = MappingProxyType({})
MAY_COME = KEEP_UPLOADS + timedelta(days=1)
"""A photo has its id from the begin of its upload, and comes before that lapses."""


async def tell(
    connection: AsyncConnection, complaints: Collection[UUID], asked: Mapping[UUID, Event] = _NOBODY
) -> list[Event]:
    """Return the events that tell which photos locked complaints lack now, for the outbox; `asked` are their causes."""
    if not complaints:
        return []
    return [_event(row, asked.get(row.id)) for row in await named_photos.count(connection, complaints)]


def _event(row: Any, cause: Event | None) -> Event:
    said = PhotosChecked(unknown=tuple(row.unknown))
    event = event_about(row.tenant, row.id, row.sequence, EventType.PHOTOS_CHECKED, said, clock.now())
    if cause is None:
        return event
    return event._replace(correlation_id=cause.correlation_id, causation_id=cause.id, traceparent=cause.traceparent)


async def take_in(engine: AsyncEngine, *, size: int = _BATCH) -> bool:
    """Give awaited photos that have come to what names them; return whether there may be more.

    A complaint that somebody is at has its turn the next time.
    """
    since = clock.now() - MAY_COME
    async with engine.begin() as connection:
        come = await named_photos.come(connection, since, size)
        locked = await named_photos.lock(
            connection, (each.subject for each in come if each.of_complaint), skip_locked=True
        )
        ours = [each for each in come if not each.of_complaint or each.subject in locked]
        taken = await named_photos.end(connection, ours) if ours else []
        for of_complaint in (True, False):
            some = [each for each in taken if each.of_complaint is of_complaint]
            if some and (unknown := await named_photos.give(connection, some)):
                await named_photos.expect(connection, unknown)
        told = {each.subject for each in taken if each.of_complaint}
        await outbox.append(connection, LIFECYCLE.name, await tell(connection, told))
    return len(taken) == size
