"""Gives the photos that officers refer to in events to the complaints that those are about."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from intake_service.persistence import attachments


async def link_photos(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Let whoever may see a complaint see the photos that `events` name with it: one statement, or none.

    Only what staff of the tenant uploaded, and no complaint has, is given: an event opens nobody else's files. A photo
    that is not there is passed over.
    """
    photos = [(photo, event.subject, event.tenant) for event in events for photo in _photos_of(event)]
    if photos:
        await attachments.link(connection, photos)


def _photos_of(event: Event) -> tuple[UUID, ...]:
    photos: tuple[UUID, ...] | None = getattr(event.data, "photos", None)
    return photos or ()
