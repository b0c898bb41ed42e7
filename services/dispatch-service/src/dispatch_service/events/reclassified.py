"""Cases that were put into another category: other limits count, and perhaps it is another unit's business.

While no unit has accepted a case of the first round, it is routed anew, unless somebody has chosen its unit. A unit
that has accepted it keeps it. A worker reckons the promised times anew by the limits of the category (`renewing`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintReceived, ComplaintReclassified, Place
from contracts.lifecycle import EventType, Status
from dispatch_service.domain.case import Case
from dispatch_service.domain.router import Route
from dispatch_service.events import received
from dispatch_service.events.placements import Placed, Started
from dispatch_service.events.placing import place
from dispatch_service.persistence import case_clocks, cases, explanations, reclassified, requests, support
from dispatch_service.persistence.rows import Row
from dispatch_service.service import clocking
from dispatch_service.service.announcements import SOURCE, answer
from dispatch_service.service.rulebooks import Rulebook, Rulebooks

UNACCEPTED = frozenset({Status.RECEIVED, Status.ASSIGNED})
_BY_HAND = frozenset({"dispatcher", "conference"})


class Reclassified(NamedTuple):
    """What has happened to a locked case."""

    cause: Event
    case: Case

    @property
    def category(self) -> str:
        """The one that it has now."""
        return cast(ComplaintReclassified, self.cause.data).category


async def note(connection: AsyncConnection, changes: Collection[Reclassified]) -> None:
    """Write the categories of locked cases, in one statement."""
    await reclassified.write(
        connection, [(each.case.tenant, each.case.complaint_id, each.category) for each in changes]
    )


async def reroute(
    connection: AsyncConnection, rulebooks: Rulebooks, change: Reclassified, now: datetime
) -> list[Event]:
    """Give a case that was saved to the unit that its category asks for; return the `assigned` event, if it moves."""
    case = change.case
    if case.status not in UNACCEPTED or case.round > 1:
        return []
    row = await cases.show(connection, case.tenant, case.complaint_id)
    if row["explanation"].get("rule") in _BY_HAND or "held" in row["explanation"]:
        return []
    book = (await rulebooks.of(connection, [case.tenant], now))[case.tenant]
    complaint = complaint_of(row)
    [route] = received.routes_of(book.router, [complaint])
    going = Going(change.cause, case, complaint, route, {"reclassified": change.category})
    return await send_on(connection, rulebooks, book, going, now)


class Going(NamedTuple):
    """A locked case that no unit has accepted, on the way that it would have if it came in now."""

    cause: Event
    case: Case
    complaint: ComplaintReceived
    """As it would come in now."""
    route: Route
    why: Mapping[str, object]
    """Kept with the case, beside the explanation of its route."""


async def send_on(
    connection: AsyncConnection, rulebooks: Rulebooks, book: Rulebook, going: Going, now: datetime
) -> list[Event]:
    """Give the case to the unit of its route, and return the `assigned` event.

    Where it is there already, or that unit has returned it, it stays, and nothing follows. In the first case whom the
    rules of the route name helps it now.
    """
    case, route = going.case, going.route
    if route.team.code == case.team:
        await _bring_helpers(connection, rulebooks, going, now)
        await cases.save(connection, case, now, grade=route.grade.value)
        return []
    known = await case_clocks.read(connection, case.tenant, case.complaint_id)
    clock = await clocking.anew(connection, book.work, case, known, grade=route.grade, assigned_at=now)
    arrival = going.cause._replace(data=going.complaint)
    [placed] = await place(
        connection, [arrival], [route], [Started(book.work.version, clock)], {case.tenant: book}, now
    )
    team = placed.assignment.team
    if team.code == case.team:
        await _bring_helpers(connection, rulebooks, going, now)
        return []
    if team.code in await requests.returned_by(connection, case):
        return []
    await received.hold_teams(connection, rulebooks, received.teams_of(case.tenant, team, route))
    return [await _move(connection, going, placed, book, now)]


async def _bring_helpers(connection: AsyncConnection, rulebooks: Rulebooks, going: Going, now: datetime) -> None:
    case, route = going.case, going.route
    await received.hold_teams(connection, rulebooks, received.teams_of(case.tenant, route.team, route))
    await support.follow(connection, case, route.supporting, now)


async def _move(connection: AsyncConnection, going: Going, placed: Placed, book: Rulebook, now: datetime) -> Event:
    case, decision, clock = going.case, placed.route.decision, placed.started.clock
    former = {"from_team": case.team, **going.why}
    case.act(EventType.ASSIGNED)
    case.team, case.grid, case.community = placed.assignment.team.code, decision.grid, decision.community
    await requests.drop_open(connection, case, SOURCE, now)
    await support.follow(connection, case, placed.route.supporting, now)
    await cases.save(
        connection,
        case,
        now,
        grid=decision.grid,
        grid_version=decision.grid_version,
        **explanations.following({**placed.told(), **former}, now),
        assignee=placed.assignment.officer,
        expected_from=placed.assignment.expected_from,
        assigned_at=now,
        grade=placed.route.grade.value,
        clock_version=book.work.version,
        **case_clocks.columns_of(clock),
    )
    assigned = placed.assigned().model_copy(update={"supporting": await support.teams(connection, case) or None})
    return answer(going.cause, EventType.ASSIGNED, case.sequence, assigned, at=now)


def complaint_of(row: Row) -> ComplaintReceived:
    """Return what is known of the complaint as it would be received now."""
    return ComplaintReceived(
        number=row["number"],
        source=row["source"],
        proactive=row["proactive"],
        category=row["category"],
        description=row["description"],
        location=Place(lon=row["lon"], lat=row["lat"], address=row["address"]),
        received_at=row["received_at"],
        attributes=row["attributes"],
    )
