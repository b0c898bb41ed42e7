"""Received complaints become assigned cases: routed, stored and announced a slice at a time."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintAssigned, ComplaintReceived
from contracts.lifecycle import EventType
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.routing import Decision, GridMap, Point
from dispatch_service.persistence import case_slices
from dispatch_service.persistence.case_slices import NewCases, Placements
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.announcements import answer
from dispatch_service.service.clockworks import Clockworks


async def assign(
    connection: AsyncConnection, territory: Territory, clockworks: Clockworks, events: Sequence[Event], now: datetime
) -> list[Event]:
    """Open a case for each received complaint and return the `assigned` events, with the promised times.

    A complaint that has a case already (it was announced twice) keeps it, and nothing follows.
    """
    firsts: dict[UUID, Event] = {}
    for event in events:
        firsts.setdefault(event.subject, event)
    received = list(firsts.values())
    tenants = {event.tenant for event in received}
    maps = await territory.maps(connection, tenants)
    clocks = _clocks(received, await clockworks.of(connection, tenants), now)
    routed = _Routed(received, _route(received, maps), clocks)
    known = await case_slices.insert(connection, _rows(received, routed.places), routed.placements(), now)
    return [
        answer(event, EventType.ASSIGNED, 1, routed.assignments[place - 1], at=now)
        for event, place in zip(received, routed.places, strict=True)
        if event.subject not in known
    ]


class _Started(NamedTuple):
    """A clock, and the settings that it goes by."""

    version: int
    clock: Clock


def _clocks(events: Sequence[Event], clockworks: Mapping[str, Clockwork], now: datetime) -> list[_Started]:
    """Start a clock for each event, in order; those of one tenant and category share one."""
    started: dict[tuple[str, str | None], _Started] = {}
    clocks: list[_Started] = []
    for event in events:
        key = (event.tenant, _received(event).category)
        if key not in started:
            work = clockworks[event.tenant]
            clock = work.start(key[1], Grade.ORDINARY, begun_at=now, assigned_at=now)
            started[key] = _Started(work.version, clock)
        clocks.append(started[key])
    return clocks


class _Placed(NamedTuple):
    """Who gets a case of which tenant, and by when."""

    tenant: str
    decision: Decision
    version: int
    clock: Clock


class _Routed:
    """The decisions and clocks of a slice, each different pair once: `places` says, per event, which, from 1."""

    def __init__(self, events: Sequence[Event], decisions: Sequence[Decision], clocks: Sequence[_Started]) -> None:
        place_of: dict[tuple[int, int], int] = {}
        self.places: list[int] = []
        self._distinct: list[_Placed] = []
        for event, decision, started in zip(events, decisions, clocks, strict=True):
            key = (id(decision), id(started))  # one object per grid and category: much cheaper than comparing fields
            place = place_of.get(key)
            if place is None:
                self._distinct.append(_Placed(event.tenant, decision, *started))
                place = place_of[key] = len(self._distinct)
            self.places.append(place)
        self.assignments = [_assignment(placed) for placed in self._distinct]

    def placements(self) -> Placements:
        decisions = [placed.decision for placed in self._distinct]
        clocks = [placed.clock for placed in self._distinct]
        return Placements(
            tenant=[placed.tenant for placed in self._distinct],
            team=[decision.team.code for decision in decisions],
            grid=[decision.grid for decision in decisions],
            grid_version=[decision.grid_version for decision in decisions],
            community=[decision.community for decision in decisions],
            explanation=[json.dumps(decision.explanation(), ensure_ascii=False) for decision in decisions],
            clock_version=[placed.version for placed in self._distinct],
            clock_unit=[clock.unit.value for clock in clocks],
            clock_budget=[clock.budget for clock in clocks],
            accept_by=[clock.accept_by for clock in clocks],
            on_site_by=[clock.on_site_by for clock in clocks],
            warn_at=[clock.warn_at for clock in clocks],
            promised_at=[clock.promised_at for clock in clocks],
            twice_at=[clock.twice_at for clock in clocks],
        )


def _route(events: Sequence[Event], maps: Mapping[str, GridMap]) -> list[Decision]:
    """Return a decision for each event, in order; each tenant's points are looked up all at once."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        places[event.tenant].append(index)
    decisions = [maps[event.tenant].desk for event in events]
    for tenant, indexes in places.items():
        points = [_point(_received(events[index])) for index in indexes]
        for index, decision in zip(indexes, maps[tenant].decide(points), strict=True):
            decisions[index] = decision
    return decisions


def _received(event: Event) -> ComplaintReceived:
    return cast(ComplaintReceived, event.data)


def _point(complaint: ComplaintReceived) -> Point | None:
    lon, lat = complaint.location.lon, complaint.location.lat
    return None if lon is None or lat is None else (lon, lat)


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
    )


def _assignment(placed: _Placed) -> ComplaintAssigned:
    decision = placed.decision
    return ComplaintAssigned(
        team=decision.team.code,
        team_name=decision.team.name,
        grid=decision.grid,
        community=decision.community,
        round=1,
        rule=decision.rule,
        promised_at=placed.clock.promised_at,
    )
