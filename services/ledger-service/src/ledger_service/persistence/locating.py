"""Sets the places of complaints that were located after they had come in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintLocated
from eventbus.driver import Statement

_PLACE = Statement("""
    UPDATE ledger_complaint AS c SET lon = said.lon, lat = said.lat, address = said.address
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),
                CAST(:addresses AS text[])) AS said (tenant, id, lon, lat, address)
    WHERE c.tenant = said.tenant AND c.complaint_id = said.id
""")


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Set the places that `events`, which are entered, name last: one statement, or none."""
    last: dict[tuple[str, UUID], ComplaintLocated] = {
        (event.tenant, event.subject): event.data for event in events if isinstance(event.data, ComplaintLocated)
    }
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
