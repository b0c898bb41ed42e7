"""Notes which photos that were named in the work on complaints are not there."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import PhotosChecked
from contracts.lifecycle import EventType
from eventbus.driver import Statement

_CHECKED = EventType.PHOTOS_CHECKED
"""Looking it up costs more than comparing with it."""
_NOTE = Statement("""
    UPDATE ledger_complaint AS c SET unknown_photos = CAST(said.photos AS uuid[])
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:photos AS text[])) AS said (tenant, id, photos)
    WHERE c.tenant = said.tenant AND c.complaint_id = said.id
""")


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Note what `events`, which are entered, say last of each complaint: one statement, or none."""
    last: dict[tuple[str, UUID], PhotosChecked] = {}
    for event in events:
        if event.type is _CHECKED:
            last[event.tenant, event.subject] = cast(PhotosChecked, event.data)
    if last:
        parameters = {
            "tenants": [tenant for tenant, _ in last],
            "ids": [complaint for _, complaint in last],
            "photos": [f"{{{','.join(map(str, said.unknown))}}}" for said in last.values()],
        }
        await _NOTE.fetch(connection, parameters)
