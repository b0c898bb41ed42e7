"""Keeps the photos that events refer to: with the complaint, or for the field work that they show."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.field_activity import ActivityEvidenced, ActivityFacts, FieldEvent, PatrolPhotographed, photos_among
from contracts.lifecycle import EventType
from contracts.topics import FIELD_ACTIVITY, consumer_of
from eventbus.slices import Subscription
from intake_service.persistence import named_photos, uploads
from intake_service.persistence.named_photos import Named
from intake_service.service.awaiting import tell

log = structlog.get_logger()

_MOST_TOLD = 20
"""In one line of the log."""
UNKNOWN = Counter("jieban_photos_unknown_total", "Photos that an event refers to and that are not there")


async def link_photos(connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Let whoever may see a complaint see the photos that `events` name with it: two statements, or none.

    The complaints are locked before their photos, as whoever takes in photos that come later does.

    Only what staff of the tenant uploaded, and no complaint has, is given: an event opens nobody else's files. Ids are
    intake's own, so one that it does not know was made up, or it is of an upload that goes on, or its photo was never
    used in time and removed. Dispatch cannot ask on its way; the result stands, and the events that are returned tell
    whoever checks it that there is no photo. What is not on its way either is logged and counted. Where the ledger asks
    for photos, it is told in any case.
    """
    named = [Named(photo, event.tenant, event.subject, True) for event in events for photo in _photos_of(event)]
    asked = {event.subject: event for event in events if event.type is EventType.PHOTOS_ASKED}
    locked = await named_photos.lock(connection, {*asked, *(each.subject for each in named)})
    changed = await _keep(connection, named)
    return await tell(connection, changed | (locked & asked.keys()), asked)


async def keep_photos(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Keep the photos of visits on patrol and of activities, which have no complaint; nothing follows from that."""
    named = [Named(photo, event.tenant, event.subject, False) for event in events for photo in _shown_by(event)]
    await _keep(connection, named)
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("intake", FIELD_ACTIVITY),
    topic=FIELD_ACTIVITY.name,
    types=frozenset({FieldEvent.RECORDED, FieldEvent.CORRECTED, FieldEvent.PHOTOGRAPHED, FieldEvent.EVIDENCED}),
    handler=keep_photos,
)


async def _keep(connection: AsyncConnection, named: Sequence[Named]) -> set[UUID]:
    """Keep those that are here and await the others; return the locked complaints that await others than before."""
    unknown = await named_photos.give(connection, named) if named else []
    if not unknown:
        return set()
    await _warn(connection, unknown)
    return await named_photos.expect(connection, unknown)


async def _warn(connection: AsyncConnection, unknown: Sequence[Named]) -> None:
    """Log and count what is unknown, unless its upload goes on."""
    on_their_way = await uploads.known(connection, [each.photo for each in unknown])
    missing = [each for each in unknown if each.photo not in on_their_way]
    if missing:
        told = {str(each.photo): str(each.subject) for each in missing[:_MOST_TOLD]}
        log.warning("photos_unknown", count=len(missing), photos=told)
        UNKNOWN.inc(len(missing))


def _photos_of(event: Event) -> tuple[UUID, ...]:
    photos: tuple[UUID, ...] | None = getattr(event.data, "photos", None)
    return photos or ()


def _shown_by(event: Event[Any]) -> Iterator[UUID]:
    match event.data:
        case PatrolPhotographed(photos=photos) | ActivityEvidenced(photos=photos):
            yield from photos
        case ActivityFacts(evidence=evidence):
            yield from photos_among(evidence)
