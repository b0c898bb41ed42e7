"""Complaints whose places have become known: cases that nobody has accepted yet go to the unit of that place.

Only routing is corrected by routing: a unit that a dispatcher has chosen keeps its case, and so does one that has
accepted it; a unit that has returned it in this round does not get it again. Complaints are located one at a time, by
people.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintAssigned, ComplaintLocated
from contracts.lifecycle import EventType, Status
from dispatch_service.domain.case import Case
from dispatch_service.domain.router import Route, Router
from dispatch_service.domain.rules import Facts
from dispatch_service.events import received
from dispatch_service.persistence import cases, explanations, relocating, requests, support
from dispatch_service.service import choosing, clocking
from dispatch_service.service.announcements import answer
from dispatch_service.service.choosing import Chosen
from dispatch_service.service.rulebooks import Rulebook, Rulebooks

_BY_ROUTING = frozenset({"grid", "duty_desk", "rule"})


class Located(NamedTuple):
    """The event, and the locked case that it is about."""

    event: Event
    case: Case

    @property
    def said(self) -> ComplaintLocated:
        """Where it is."""
        return cast(ComplaintLocated, self.event.data)


async def relocate(
    connection: AsyncConnection, rulebooks: Rulebooks, located: Sequence[Located], now: datetime
) -> list[Event]:
    """Set the places of cases that have been saved, and return the `assigned` events of those that go elsewhere.

    Raises Transient where a team was removed while a case was on its way to it.
    """
    books = await rulebooks.of(connection, {each.case.tenant for each in located}, now)
    answers: list[Event] = []
    for each in located:
        book = books[each.case.tenant]
        row = await relocating.place(connection, each.case, each.said.location)
        route = _route(book.router, row, each.said)
        each.case.grid, each.case.community = route.decision.grid, route.decision.community
        by_routing = each.case.status is Status.ASSIGNED and row.rule in _BY_ROUTING and not row.held
        follows = by_routing and route.team.code not in await requests.returned_by(connection, each.case)
        if follows:
            await received.hold_teams(connection, rulebooks, received.teams_of(each.case.tenant, route.team, route))
        if follows and route.team.code != each.case.team:
            answers.append(await _give(connection, rulebooks, book, each, route, now))
        else:
            if follows:
                await support.follow(connection, each.case, route.supporting, now)
            await cases.save(connection, each.case, now, **_place_of(route))
    await rulebooks.note_faults(connection, {each.case.tenant for each in located}, now)
    return answers


def _route(router: Router, row: Any, said: ComplaintLocated) -> Route:
    if said.outside_area or said.location.lon is None or said.location.lat is None:
        return router.by_place([None])[0]
    facts = Facts(
        category=row.category,
        source=row.source,
        proactive=row.proactive,
        description=row.description,
        point=(said.location.lon, said.location.lat),
        received_at=row.received_at,
        attributes=row.attributes or {},
        confidence=row.category_confidence,
    )
    return router.route([facts])[0]


def _place_of(route: Route) -> dict[str, object]:
    return {"grid": route.decision.grid, "grid_version": route.decision.grid_version}


async def _give(
    connection: AsyncConnection, rulebooks: Rulebooks, book: Rulebook, located: Located, route: Route, now: datetime
) -> Event:
    """Give the case to the team of its place; the promised time stands, unless a rule grades that place otherwise."""
    case, actor = located.case, located.said.actor
    case.act(EventType.ASSIGNED)
    chosen = await _choose(connection, book, located, route, now)
    explanation = {**route.explanation(), **chosen.explanation(), "from_team": case.team}
    case.team = route.team.code
    clock, times = await clocking.reassign(connection, rulebooks.clockworks, case, route.ruling.grade, now)
    await requests.drop_open(connection, case, actor, now)
    await support.follow(connection, case, route.supporting, now)
    who = {"assignee": chosen.assignment.officer, "expected_from": chosen.assignment.expected_from}
    facts: Mapping[str, object] = {"assigned_at": now, **_place_of(route), **who, **times}
    await cases.save(connection, case, now, **explanations.following(explanation, now), **facts)
    assigned = ComplaintAssigned(
        team=route.team.code,
        team_name=route.team.name,
        grid=case.grid,
        community=case.community,
        round=case.round,
        rule=route.rule,
        rule_code=route.ruling.decided_by,
        officer=chosen.assignment.officer,
        supporting=await support.teams(connection, case) or None,
        actor=actor,
        **clock.told(),
    )
    return answer(located.event, EventType.ASSIGNED, case.sequence, assigned, at=now)


async def _choose(connection: AsyncConnection, book: Rulebook, located: Located, route: Route, now: datetime) -> Chosen:
    """Return who of the team gets it; the team keeps it also while nobody of it is on duty."""
    tenant, place = located.case.tenant, located.said.location
    staff = await choosing.staff_for(connection, [(tenant, route.team.code)], {tenant: book.policy}, now)
    point = None if place.lon is None or place.lat is None else (place.lon, place.lat)
    return choosing.chosen_of(staff, tenant, book.policy, route.team, skill=route.ruling.skill, point=point)
