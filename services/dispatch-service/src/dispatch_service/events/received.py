"""Received complaints become assigned cases: routed, stored and announced a slice at a time."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintReceived
from contracts.lifecycle import EventType
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.router import Route, Router
from dispatch_service.domain.routing import DUTY_DESK, Point
from dispatch_service.domain.rules import Facts
from dispatch_service.domain.staffing import Assignment, Staffing
from dispatch_service.events.placements import Gathered, Placed, Started
from dispatch_service.persistence import case_slices, rule_states
from dispatch_service.persistence.case_slices import NewCases, Support
from dispatch_service.persistence.rule_states import Tally
from dispatch_service.persistence.staff import WantedTeam, staff_of
from dispatch_service.service.announcements import answer
from dispatch_service.service.rulebooks import Rulebook, Rulebooks


async def assign(
    connection: AsyncConnection, rulebooks: Rulebooks, events: Sequence[Event], now: datetime
) -> list[Event]:
    """Open a case for each received complaint and return the `assigned` events, with the promised times.

    A complaint that has a case already (it was announced twice) keeps it, and nothing follows.
    """
    firsts: dict[UUID, Event] = {}
    for event in events:
        firsts.setdefault(event.subject, event)
    received = list(firsts.values())
    tenants = {event.tenant for event in received}
    books = await rulebooks.of(connection, tenants, now)
    routes = _route(received, books)
    await rulebooks.note_faults(connection, tenants, now)
    clocks = _clocks(received, routes, books, now)
    staffings = await _staffings(connection, received, routes, books, now)
    gathered = Gathered(_placed(received, routes, clocks, staffings))
    known = await case_slices.insert(connection, _rows(received, gathered.places), gathered.placements(), now)
    new = [
        (event, place - 1) for event, place in zip(received, gathered.places, strict=True) if event.subject not in known
    ]
    await _note(connection, new, gathered.distinct, now)
    return [answer(event, EventType.ASSIGNED, 1, gathered.assignments[place], at=now) for event, place in new]


def _route(events: Sequence[Event], books: Mapping[str, Rulebook]) -> list[Route]:
    """Return a route for each event, in order; each tenant's complaints are looked up all at once."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        places[event.tenant].append(index)
    routes: dict[int, Route] = {}
    for tenant, indexes in places.items():
        complaints = [_received(events[index]) for index in indexes]
        routes |= zip(indexes, _routes(books[tenant].router, complaints), strict=True)
    return [routes[index] for index in range(len(events))]


def _routes(router: Router, complaints: Sequence[ComplaintReceived]) -> list[Route]:
    if router.rules is None:
        return router.by_place([_point(complaint) for complaint in complaints])
    return router.route([_facts(complaint) for complaint in complaints])


def _clocks(
    events: Sequence[Event], routes: Sequence[Route], books: Mapping[str, Rulebook], now: datetime
) -> list[Started]:
    """Start a clock for each event, in order; those of one tenant, category and grade share one."""
    started: dict[tuple[str, str | None, Grade], Started] = {}
    clocks: list[Started] = []
    for event, route in zip(events, routes, strict=True):
        key = (event.tenant, _received(event).category, route.grade)
        if key not in started:
            work = books[event.tenant].work
            started[key] = Started(work.version, work.start(key[1], key[2], begun_at=now, assigned_at=now))
        clocks.append(started[key])
    return clocks


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
    wanted = [
        WantedTeam(tenant, team, timedelta(minutes=rostered[tenant].policy.position_minutes))
        for tenant, team in sorted(teams)
    ]
    staff = await staff_of(connection, wanted, now)
    return {tenant: Staffing(book.policy, book.router.desk, staff.get(tenant, {})) for tenant, book in rostered.items()}


def _placed(
    events: Sequence[Event],
    routes: Sequence[Route],
    clocks: Sequence[Started],
    staffings: Mapping[str, Staffing],
) -> list[Placed]:
    """Return who gets each case; where nobody is chosen, cases of one route share the answer.

    Nobody is chosen for what was handled before it was reported.
    """
    shared: dict[int, Assignment] = {}
    placed: list[Placed] = []
    for event, route, started in zip(events, routes, clocks, strict=True):
        staffing = staffings.get(event.tenant)
        if staffing is None or _received(event).self_handled is not None:
            assignment = shared.get(id(route)) or shared.setdefault(id(route), Assignment(route.team))
        else:
            assignment = staffing.assign(route, _point(_received(event)), started.clock.accept_by)
        placed.append(Placed(event.tenant, route, assignment, started))
    return placed


async def _note(
    connection: AsyncConnection, new: Sequence[tuple[Event, int]], placed: Sequence[Placed], now: datetime
) -> None:
    """Count the rules that have fitted new cases, and name the teams that support them."""
    counts = Counter(place for _, place in new)
    tallies: Counter[tuple[str, int, str]] = Counter()
    for place, count in counts.items():
        route = placed[place].route
        for code in route.ruling.applied:
            tallies[placed[place].tenant, route.rules_version or 0, code] += count
    if not tallies:
        return  # no rule, so no supporting team either
    await rule_states.note(connection, [Tally(*key, count) for key, count in tallies.items()], now)
    supports = [
        Support(event.subject, helper.team.code, event.tenant, f"rule:{helper.rule}")
        for event, place in new
        for helper in placed[place].supporting
    ]
    if supports:
        await case_slices.add_support(connection, supports, now)


def _received(event: Event) -> ComplaintReceived:
    return cast(ComplaintReceived, event.data)


def _point(complaint: ComplaintReceived) -> Point | None:
    lon, lat = complaint.location.lon, complaint.location.lat
    return None if lon is None or lat is None else (lon, lat)


def _facts(complaint: ComplaintReceived) -> Facts:
    return Facts(
        category=complaint.category,
        source=complaint.source,
        proactive=complaint.proactive,
        description=complaint.description,
        point=_point(complaint),
        received_at=complaint.received_at,
        attributes=complaint.attributes or {},
        confidence=complaint.category_confidence,
    )


def _rows(events: Sequence[Event], places: list[int]) -> NewCases:
    complaints = [_received(event) for event in events]
    locations = [complaint.location for complaint in complaints]
    return NewCases(
        complaint_id=[event.subject for event in events],
        placement=places,
        number=[complaint.number for complaint in complaints],
        category=[complaint.category for complaint in complaints],
        source=[complaint.source for complaint in complaints],
        proactive=[complaint.proactive for complaint in complaints],
        description=[complaint.description for complaint in complaints],
        lon=[location.lon for location in locations],
        lat=[location.lat for location in locations],
        address=[location.address for location in locations],
        occurred_at=[complaint.occurred_at for complaint in complaints],
        received_at=[complaint.received_at for complaint in complaints],
        attributes=[
            json.dumps(dict(complaint.attributes), ensure_ascii=False) if complaint.attributes else None
            for complaint in complaints
        ],
        category_confidence=[complaint.category_confidence for complaint in complaints],
    )
