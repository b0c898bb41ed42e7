"""Received complaints become assigned cases: routed, stored and announced a slice at a time."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintAssigned, ComplaintReceived
from contracts.lifecycle import EventType
from dispatch_service.domain.routing import Decision, GridMap, Point
from dispatch_service.persistence import case_slices
from dispatch_service.persistence.case_slices import NewCases, Placements
from dispatch_service.persistence.territory import Territory
from dispatch_service.service.announcements import answer


async def assign(
    connection: AsyncConnection, territory: Territory, events: Sequence[Event], now: datetime
) -> list[Event]:
    """Open a case for each received complaint and return the `assigned` events.

    A complaint that has a case already (it was announced twice) keeps it, and nothing follows.
    """
    firsts: dict[UUID, Event] = {}
    for event in events:
        firsts.setdefault(event.subject, event)
    received = list(firsts.values())
    maps = await territory.maps(connection, {event.tenant for event in received})
    routed = _Routed(received, _route(received, maps))
    known = await case_slices.insert(connection, _rows(received, routed.places), routed.placements(), now)
    return [
        answer(event, EventType.ASSIGNED, 1, routed.assignments[place - 1], at=now)
        for event, place in zip(received, routed.places, strict=True)
        if event.subject not in known
    ]


class _Routed:
    """The decisions of a slice, each different one once: `places` says, per event, which one it is, from 1."""

    def __init__(self, events: Sequence[Event], decisions: Sequence[Decision]) -> None:
        place_of: dict[int, int] = {}
        self.places: list[int] = []
        self._distinct: list[tuple[str, Decision]] = []
        for event, decision in zip(events, decisions, strict=True):
            place = place_of.get(id(decision))  # one object per grid: much cheaper than comparing fields
            if place is None:
                self._distinct.append((event.tenant, decision))
                place = place_of[id(decision)] = len(self._distinct)
            self.places.append(place)
        self.assignments = [_assignment(decision) for _, decision in self._distinct]

    def placements(self) -> Placements:
        decisions = [decision for _, decision in self._distinct]
        return Placements(
            tenant=[tenant for tenant, _ in self._distinct],
            team=[decision.team.code for decision in decisions],
            grid=[decision.grid for decision in decisions],
            grid_version=[decision.grid_version for decision in decisions],
            community=[decision.community for decision in decisions],
            explanation=[json.dumps(decision.explanation(), ensure_ascii=False) for decision in decisions],
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


def _assignment(decision: Decision) -> ComplaintAssigned:
    return ComplaintAssigned(
        team=decision.team.code,
        team_name=decision.team.name,
        grid=decision.grid,
        community=decision.community,
        round=1,
        rule=decision.rule,
    )
