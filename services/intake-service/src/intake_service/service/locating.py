"""Sets where a complaint is, after it has come in: from an address alone, or because it was wrong."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintLocated, Place
from contracts.lifecycle import TRANSITIONS, EventType, Status
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.domain.area import Covering
from intake_service.domain.complaint import Location
from intake_service.persistence import likeness
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint as table
from intake_service.service.areas import Areas
from intake_service.service.locking import lock
from operations.problems import illegal_transition
from runtime import clock, etag
from runtime.auth import Caller
from runtime.problems import Problem

_OPEN = TRANSITIONS[EventType.VOIDED].sources
"""Whatever has not ended."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a complaint is now."""

    location: Location
    outside_area: bool
    covering: Covering | None
    version: int


@dataclass(frozen=True, slots=True)
class Locating:
    """Locates complaints of one database."""

    engine: AsyncEngine
    areas: Areas

    async def locate(self, complaint_id: UUID, caller: Caller, where: Location, if_match: int | None) -> Located:
        """Set the place, which has coordinates, and tell everybody; nothing happens where that is its place already.

        The address stays where none is given. Raises Problem: 404, 409 with the present state where the complaint has
        ended, 409 where its personal data was erased, 412 for a stale `if_match`.
        """
        area = await self.areas.of(caller.tenant)
        if where.lon is None or where.lat is None:
            raise ValueError("a place without coordinates")
        covering, outside = area.at(where.lon, where.lat), area.is_outside(where.lon, where.lat)
        async with self.engine.begin() as connection:
            row = await _locked(connection, complaint_id, caller, if_match)
            place = Location(
                where.lon, where.lat, where.address or row.address, where.given_lon, where.given_lat, where.given_crs
            )
            if (row.lon, row.lat, row.address) == (place.lon, place.lat, place.address):
                return Located(place, row.outside_area, covering, row.version)
            located = Located(place, outside, covering, row.version + 1)
            await _write(connection, row, located)
            await likeness.move(connection, caller.tenant, complaint_id, where.lon, where.lat)
            await outbox.append(connection, LIFECYCLE.name, [_event(row, caller, located)])
        return located


async def _locked(connection: AsyncConnection, complaint_id: UUID, caller: Caller, if_match: int | None) -> Any:
    row = await lock(connection, caller.tenant, complaint_id)
    etag.check(if_match, row.version)
    if Status(row.status) not in _OPEN:
        raise illegal_transition(row.status, row.version)
    if row.erased_at is not None:
        raise Problem(409, "complaint-erased")
    return row


async def _write(connection: AsyncConnection, row: Any, located: Located) -> None:
    place, covering = located.location, located.covering
    await connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.tenant == row.tenant)
        .values(
            lon=place.lon,
            lat=place.lat,
            address=place.address,
            given_lon=place.given_lon,
            given_lat=place.given_lat,
            given_crs=place.given_crs,
            outside_area=located.outside_area,
            grid=covering.grid if covering else None,
            community=covering.community if covering else None,
            version=located.version,
            sequence=row.sequence + 1,
            updated_at=clock.now(),
        )
    )


def _event(row: Any, caller: Caller, located: Located) -> Event:
    place, covering = located.location, located.covering
    data = ComplaintLocated(
        actor=caller.subject,
        location=Place(lon=place.lon, lat=place.lat, address=place.address),
        outside_area=located.outside_area or None,
        grid=covering.grid if covering else None,
        community=covering.community if covering else None,
    )
    return event_about(row.tenant, row.id, row.sequence + 1, EventType.LOCATED, data, clock.now())
