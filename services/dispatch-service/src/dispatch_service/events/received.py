"""Received complaints become assigned cases: routed, stored and announced a slice at a time."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintReceived
from contracts.lifecycle import EventType
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.router import Route, Router
from dispatch_service.domain.routing import DUTY_DESK, Team
from dispatch_service.domain.rules import Facts
from dispatch_service.events.placements import Gathered, Placed, Started
from dispatch_service.events.placing import place, point_of, received_of
from dispatch_service.persistence import case_slices, rule_states, team_holds
from dispatch_service.persistence.case_slices import NewCases, Support
from dispatch_service.persistence.rule_states import Tally
from dispatch_service.persistence.team_holds import TeamKey
from dispatch_service.service.announcements import answer
from dispatch_service.service.rulebooks import Rulebook, Rulebooks
from eventbus.errors import Transient


async def assign(
    connection: AsyncConnection, rulebooks: Rulebooks, events: Sequence[Event], now: datetime
) -> list[Event]:
    """Open a case for each received complaint and return the `assigned` events, with the promised times.

    A complaint that has a case already (it was announced twice) keeps it, and nothing follows. Raises Transient where a
    team was removed while cases were on their way to it.
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
    placed = await place(connection, received, routes, clocks, books, now)
    wanted = [teams_of(each.tenant, each.assignment.team, each.route) for each in placed]
    await hold_teams(connection, rulebooks, set().union(*wanted))
    gathered = Gathered(placed)
    known = await case_slices.insert(connection, _rows(received, gathered), gathered.placements(), now)
    new = [index for index, event in enumerate(received) if event.subject not in known]
    await _note(connection, [(received[index], gathered.places[index] - 1) for index in new], gathered.distinct, now)
    assigned = gathered.assigned()
    return [answer(received[index], EventType.ASSIGNED, 1, assigned[index], at=now) for index in new]


def teams_of(tenant: str, lead: Team, route: Route) -> set[TeamKey]:
    """Return the teams that have a case on this route: the one that leads in the end, and those that help."""
    return {(tenant, lead.code), *((tenant, helper.team.code) for helper in route.supporting)}


async def hold_teams(connection: AsyncConnection, rulebooks: Rulebooks, teams: Collection[TeamKey]) -> None:
    """Keep the teams that get cases until these are there; Transient where one was removed since it was read of.

    The duty desk is never removed, and where nothing is set up it is no row.
    """
    wanted = {key for key in teams if key[1] != DUTY_DESK}
    gone = wanted - await team_holds.hold(connection, wanted) if wanted else set()
    if gone:
        rulebooks.look_again({tenant for tenant, _ in gone})
        raise Transient(f"removed meanwhile: {', '.join(sorted(code for _, code in gone))}")


def _route(events: Sequence[Event], books: Mapping[str, Rulebook]) -> list[Route]:
    """Return a route for each event, in order; each tenant's complaints are looked up all at once.

    What lies outside the tenant's area, or is held by intake, goes to its duty desk, whatever rules say.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        places[event.tenant].append(index)
    routes: dict[int, Route] = {}
    for tenant, indexes in places.items():
        complaints = [received_of(events[index]) for index in indexes]
        router = books[tenant].router
        routes |= zip(indexes, routes_of(router, complaints), strict=True)
        outside = [index for index, complaint in zip(indexes, complaints, strict=True) if complaint.outside_area]
        routes |= zip(outside, router.by_place([None] * len(outside)), strict=True)
        held = [index for index, complaint in zip(indexes, complaints, strict=True) if complaint.held]
        routes |= {index: router.hold(routes[index]) for index in held}
    return [routes[index] for index in range(len(events))]


def routes_of(router: Router, complaints: Sequence[ComplaintReceived]) -> list[Route]:
    """Return where complaints of one tenant go, in order."""
    if router.rules is None:
        return router.by_place([point_of(complaint) for complaint in complaints])
    return router.route([_facts(complaint) for complaint in complaints])


def _clocks(
    events: Sequence[Event], routes: Sequence[Route], books: Mapping[str, Rulebook], now: datetime
) -> list[Started]:
    """Start a clock for each event, in order; those of one tenant, category, grade and deadline share one."""
    started: dict[tuple[str, str | None, Grade, datetime | None], Started] = {}
    clocks: list[Started] = []
    for event, route in zip(events, routes, strict=True):
        key = (event.tenant, received_of(event).category, route.grade, _deadline(received_of(event)))
        if key not in started:
            work = books[event.tenant].work
            clock = work.start(key[1], key[2], begun_at=now, assigned_at=now, deadline=key[3])
            started[key] = Started(work.version, clock)
        clocks.append(started[key])
    return clocks


def _deadline(complaint: ComplaintReceived) -> datetime | None:
    return complaint.order.deadline if complaint.order else None


async def _note(
    connection: AsyncConnection, new: Sequence[tuple[Event, int]], placed: Sequence[Placed], now: datetime
) -> None:
    """Count the rules that have fitted new cases, and name the teams that support them."""
    tallies: Counter[tuple[str, int, str]] = Counter()
    for index, count in Counter(index for _, index in new).items():
        route = placed[index].route
        for code in route.ruling.applied:
            tallies[placed[index].tenant, route.rules_version or 0, code] += count
    if not tallies:
        return  # no rule, so no supporting team either
    await rule_states.note(connection, [Tally(*key, count) for key, count in tallies.items()], now)
    supports = [
        Support(event.subject, helper.team.code, event.tenant, f"rule:{helper.rule}")
        for event, index in new
        for helper in placed[index].supporting
    ]
    if supports:
        await case_slices.add_support(connection, supports, now)


def _facts(complaint: ComplaintReceived) -> Facts:
    return Facts(
        category=complaint.category,
        source=complaint.source,
        proactive=complaint.proactive,
        description=complaint.description,
        point=point_of(complaint),
        received_at=complaint.received_at,
        attributes=complaint.attributes or {},
        confidence=complaint.category_confidence,
    )


def _rows(events: Sequence[Event], gathered: Gathered) -> NewCases:
    complaints = [received_of(event) for event in events]
    locations = [complaint.location for complaint in complaints]
    return NewCases(
        complaint_id=[event.subject for event in events],
        placement=gathered.places,
        assignee=gathered.officers(),
        choice=gathered.choices(),
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
        order_deadline=[_deadline(complaint) for complaint in complaints],
    )
