"""Gives the photos that officers refer to in events to the complaints that those are about."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from intake_service.persistence import attachments

log = structlog.get_logger()

_MOST_TOLD = 20
"""In one line of the log."""
UNKNOWN = Counter("jieban_photos_unknown_total", "Photos that a result refers to and that are not there")


async def link_photos(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Let whoever may see a complaint see the photos that `events` name with it: one statement, or none.

    Only what staff of the tenant uploaded, and no complaint has, is given: an event opens nobody else's files. Ids are
    intake's own, so one that it does not know was made up, or its photo was never used in time and removed. Dispatch
    cannot ask on its way; the result stands, and whoever checks it sees no photo. It is logged and counted.
    """
    photos = [(photo, event.subject, event.tenant) for event in events for photo in _photos_of(event)]
    if photos:
        unknown = await attachments.link(connection, photos)
        if unknown:
            told = {str(photo): str(complaint) for photo, complaint in unknown[:_MOST_TOLD]}
            log.warning("photos_unknown", count=len(unknown), photos=told)
            UNKNOWN.inc(len(unknown))


def _photos_of(event: Event) -> tuple[UUID, ...]:
    photos: tuple[UUID, ...] | None = getattr(event.data, "photos", None)
    return photos or ()
