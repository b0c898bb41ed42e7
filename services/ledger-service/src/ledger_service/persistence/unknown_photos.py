"""Notes which photos that were named in the work on complaints are not there."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintErased, PhotosChecked
from contracts.lifecycle import EventType
from eventbus.driver import Statement

_CHECKED, _ERASED = EventType.PHOTOS_CHECKED, EventType.ERASED
"""Looking them up costs more than comparing with them."""
_NOTE = Statement("""
    UPDATE ledger_complaint AS c SET unknown_photos = CAST(said.photos AS uuid[])
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:photos AS text[])) AS said (tenant, id, photos)
    WHERE c.tenant = said.tenant AND c.complaint_id = said.id
""")


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Note what `events`, which are entered, say last of each complaint: one statement, or none.

    Photos go with the texts that are erased: none is missing then, until intake says otherwise.
    """
    last: dict[tuple[str, UUID], Sequence[UUID]] = {}
    for event in events:
        if event.type is _CHECKED:
            last[event.tenant, event.subject] = cast(PhotosChecked, event.data).unknown
        elif event.type is _ERASED and cast(ComplaintErased, event.data).texts:
            last[event.tenant, event.subject] = ()
    if last:
        parameters = {
            "tenants": [tenant for tenant, _ in last],
            "ids": [complaint for _, complaint in last],
            "photos": [f"{{{','.join(map(str, unknown))}}}" for unknown in last.values()],
        }
        await _NOTE.fetch(connection, parameters)
