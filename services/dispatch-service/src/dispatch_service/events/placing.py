"""Who gets the cases of a slice in the end: teams by their routes, officers by who is on duty."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintReceived
from dispatch_service.domain.router import Route
from dispatch_service.domain.routing import DUTY_DESK, Point
from dispatch_service.domain.staffing import Assignment, Staffing
from dispatch_service.events.placements import Placed, Started
from dispatch_service.service.choosing import staff_for
from dispatch_service.service.rulebooks import Rulebook


async def place(
    connection: AsyncConnection,
    events: Sequence[Event],
    routes: Sequence[Route],
    clocks: Sequence[Started],
    books: Mapping[str, Rulebook],
    now: datetime,
) -> list[Placed]:
    """Return who gets each case; where nobody is chosen, cases of one route share the answer.

    Nobody is chosen for what was handled before it was reported.
    """
    staffings = await _staffings(connection, events, routes, books, now)
    shared: dict[int, Assignment] = {}
    placed: list[Placed] = []
    for event, route, started in zip(events, routes, clocks, strict=True):
        staffing = staffings.get(event.tenant)
        if staffing is None or received_of(event).self_handled is not None:
            assignment = shared.get(id(route)) or shared.setdefault(id(route), Assignment(route.team))
        else:
            assignment = staffing.assign(route, point_of(received_of(event)), started.clock.accept_by)
        placed.append(Placed(event.tenant, route, assignment, started))
    return placed


async def _staffings(
    connection: AsyncConnection,
    events: Sequence[Event],
    routes: Sequence[Route],
    books: Mapping[str, Rulebook],
    now: datetime,
) -> dict[str, Staffing]:
    """Return the staff of the tenants that have rosters, of the teams that are needed and of the duty desk."""
    rostered = {event.tenant: books[event.tenant] for event in events if books[event.tenant].is_rostered}
    if not rostered:
        return {}
    teams = {(tenant, DUTY_DESK) for tenant in rostered}
    teams |= {
        (event.tenant, route.team.code) for event, route in zip(events, routes, strict=True) if event.tenant in rostered
    }
    staff = await staff_for(connection, teams, {tenant: book.policy for tenant, book in rostered.items()}, now)
    return {tenant: Staffing(book.policy, book.router.desk, staff.get(tenant, {})) for tenant, book in rostered.items()}


def received_of(event: Event) -> ComplaintReceived:
    """Return what was received."""
    return cast(ComplaintReceived, event.data)


def point_of(complaint: ComplaintReceived) -> Point | None:
    """Return where it is; None where only an address is known, or nothing."""
    lon, lat = complaint.location.lon, complaint.location.lat
    return None if lon is None or lat is None else (lon, lat)
