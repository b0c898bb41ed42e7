"""Sets the places of complaints that were located after they had come in."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintLocated
from contracts.lifecycle import EventType
from eventbus.driver import Statement

_LOCATED, _ERASED = EventType.LOCATED, EventType.ERASED
_PLACE = Statement("""
    UPDATE ledger_complaint AS c SET lon = said.lon, lat = said.lat, address = said.address
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),
                CAST(:addresses AS text[])) AS said (tenant, id, lon, lat, address)
    WHERE c.tenant = said.tenant AND c.complaint_id = said.id AND c.erased_at IS NULL
""")


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Set the places that `events`, which are entered, name last: one statement, or none.

    A complaint whose personal data was erased keeps what the erasure has left.
    """
    last: dict[tuple[str, UUID], ComplaintLocated] = {}
    erased = set[UUID]()
    for event in events:
        if event.type is _ERASED:
            erased.add(event.subject)
        elif event.type is _LOCATED and event.subject not in erased:
            last[event.tenant, event.subject] = cast(ComplaintLocated, event.data)
    if not last:
        return
    places = [said.location for said in last.values()]
    parameters = {
        "tenants": [tenant for tenant, _ in last],
        "ids": [complaint for _, complaint in last],
        "lons": [place.lon for place in places],
        "lats": [place.lat for place in places],
        "addresses": [place.address for place in places],
    }
    await _PLACE.fetch(connection, parameters)
