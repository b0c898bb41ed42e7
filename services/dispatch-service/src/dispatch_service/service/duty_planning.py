"""What plans of duties have in common: the rows of what is given, and what of it cannot be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster import Hours, Place, Stint, clashes
from dispatch_service.domain.roster_errors import (
    InTwoPlaces,
    NotAMember,
    RosterError,
    TooManyDuties,
    UnknownPost,
    UnknownShift,
)
from dispatch_service.domain.roster_template import Why
from dispatch_service.persistence import rosters
from dispatch_service.persistence.rows import Row
from runtime.ids import uuid7

MOST_DUTIES = 5_000
"""So many are planned at once, those that are left out among them."""
_THERE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days of a team, both included."""

    tenant: str
    team: str
    first: date
    last: date


class Given(NamedTuple):
    """A place on a day, and where it was given: so it is named where it cannot be."""

    day: date
    place: Place
    pointer: str
    of_week: bool = False
    """It comes from a week, so nobody has named this officer for this day."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A place that nobody is planned for, and why."""

    day: date
    place: Place
    reason: Why | Literal["leave"]


class BadPlace(Exception):
    """Which part of what is given cannot be, and why."""

    def __init__(self, pointer: str, reason: RosterError) -> None:
        super().__init__(str(reason))
        self.pointer = pointer
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Known:
    """What the places of a plan may name."""

    hours: dict[str, Hours]
    members: Collection[str]
    posts: Collection[str]

    def flaw(self, place: Place) -> RosterError | None:
        """Return why a place cannot be; None where it can."""
        if place.shift not in self.hours:
            return UnknownShift()
        if place.subject not in self.members:
            return NotAMember()
        return UnknownPost() if place.post is not None and place.post not in self.posts else None


def check_count(count: int) -> None:
    """Raise TooManyDuties for more than are planned at once."""
    if count > MOST_DUTIES:
        raise TooManyDuties(MOST_DUTIES, count)


async def known_to(connection: AsyncConnection, tenant: str, team: str, places: Collection[Place]) -> Known:
    """Return what the `places` of a team may name."""
    hours = await rosters.hours(connection, tenant)
    members = await rosters.members(connection, tenant, team)
    posts = await rosters.posts(connection, tenant, {place.post for place in places if place.post})
    return Known(hours, members, posts)


def row_of(period: Period, given: Given, hours: Hours, zone: ZoneInfo) -> dict[str, Any]:
    """Return the row of a duty that is planned."""
    place = given.place
    begins, ends = hours.on(given.day, zone)
    facts = {"shift": place.shift, "post": place.post, "subject": place.subject, "state": "planned"}
    times = {"day": given.day, "begins_at": begins, "ends_at": ends}
    return {"id": uuid7(), "tenant": period.tenant, "team": period.team, **facts, **times}


def place_of(given: Row) -> Place:
    """Return the place of a duty, or of one that a template has."""
    return Place(given["shift"], given["subject"], given["post"])


def stint_of(row: Row, source: object) -> Stint:
    """Return the time for which a duty takes its officer."""
    return Stint(row["subject"], row["begins_at"], row["ends_at"], source)


async def touching(
    connection: AsyncConnection,
    tenant: str,
    stints: Sequence[Stint],
    *,
    state: str = "planned",
    besides: Collection[UUID] = (),
) -> list[Stint]:
    """Return the duties that are there, of the officers and from the first to the last moment of `stints`.

    Those `besides` are left out of account.
    """
    if not stints:
        return []
    begins, ends = min(stint.begins for stint in stints), max(stint.ends for stint in stints)
    subjects = {stint.subject for stint in stints}
    known = await rosters.taken(connection, tenant, subjects, begins, ends, state=state)
    return [stint_of(row, _THERE) for row in known if row["id"] not in besides]


async def conflicts(
    connection: AsyncConnection, tenant: str, stints: Sequence[Stint], *, besides: Collection[UUID] = ()
) -> list[tuple[Stint, InTwoPlaces]]:
    """Return those of the `stints` whose officer is taken at that time, by another or by a duty that is there.

    Duties `besides` are no more by then.
    """
    there = await touching(connection, tenant, stints, besides=besides)
    found = []
    for one, other in clashes([*there, *stints]):
        new, old = (one, other) if other.source is _THERE else (other, one)
        if new.source is not _THERE:  # two duties that are there already are not this plan's doing
            zone = new.begins.tzinfo
            found.append((new, InTwoPlaces(old.subject, old.begins.astimezone(zone), old.ends.astimezone(zone))))
    return found


def apart(stints: Sequence[Stint], leave: Sequence[Stint]) -> tuple[list[Stint], list[Stint]]:
    """Tell those of the `stints` whose officers are there from those that fall into their leave."""
    of_each: dict[str, list[Stint]] = {}
    for each in leave:
        of_each.setdefault(each.subject, []).append(each)
    free: list[Stint] = []
    away: list[Stint] = []
    for stint in stints:
        is_away = any(each.begins < stint.ends and stint.begins < each.ends for each in of_each.get(stint.subject, ()))
        (away if is_away else free).append(stint)
    return free, away
