"""Plans duties, and changes them as officers ask and dispatchers decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster import Place, Stint, clashes
from dispatch_service.domain.roster_errors import (
    DutyBegun,
    DutyNotFound,
    InTwoPlaces,
    NotAMember,
    OwnRequest,
    RequestDecided,
    RequestPending,
    RosterError,
    UnknownPost,
    UnknownShift,
)
from dispatch_service.persistence import county, duty_requests, rosters
from dispatch_service.persistence.rows import Row
from runtime.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days of a team, both included."""

    tenant: str
    team: str
    first: date
    last: date


class BadPlace(Exception):
    """Which of the given places cannot be (None: none of them alone), and why."""

    def __init__(self, index: object, reason: RosterError) -> None:
        super().__init__(str(reason))
        self.index = index
        self.reason = reason


async def plan(
    connection: AsyncConnection, period: Period, given: Sequence[tuple[date, Place, object]], zone: ZoneInfo
) -> int:
    """Make `given` the duties of a team in a period, in place of those that were planned; return how many they are.

    Each comes with the index under which BadPlace names it. Raises BadPlace, and DutyBegun where somebody has clocked
    in at one of the duties that would go.
    """
    await county.lock(connection, period.tenant)
    gone = await rosters.clear(connection, period.tenant, period.team, period.first, period.last)
    if any(row["clocked_in_at"] is not None for row in gone):
        raise DutyBegun
    rows = await _rows(connection, period, given, zone)
    stints = [Stint(row["subject"], row["begins_at"], row["ends_at"], index) for row, index in rows]
    await _check_free(connection, period.tenant, stints)
    await rosters.add(connection, [row for row, _ in rows])
    return len(rows)


async def ask(connection: AsyncConnection, tenant: str, asker: str, request: dict[str, Any], now: datetime) -> Row:
    """Keep what an officer asks about a duty of their own, and return it.

    Raises DutyNotFound, DutyBegun, RequestPending.
    """
    wanted = [request["duty"], *([request["other_duty"]] if request["other_duty"] else [])]
    duties = await rosters.lock(connection, tenant, wanted)
    if len(duties) < len(set(wanted)) or duties[request["duty"]]["subject"] != asker:
        raise DutyNotFound
    for duty in duties.values():
        if duty["begins_at"] <= now or duty["state"] != "planned":
            raise DutyBegun
        if await duty_requests.has_pending(connection, duty["id"]):
            raise RequestPending
    row = {**request, "id": uuid7(), "tenant": tenant, "asked_by": asker, "asked_at": now, "state": "pending"}
    await duty_requests.add(connection, row)
    return {**row, "decided_by": None, "decided_at": None, "note": None}


async def decide(
    connection: AsyncConnection, tenant: str, request_id: UUID, decision: dict[str, Any], now: datetime
) -> Row:
    """Approve or refuse what was asked, and return it. `decision`: state, decided_by, note.

    Raises DutyNotFound, RequestDecided, OwnRequest, DutyBegun, NotAMember, InTwoPlaces.
    """
    await county.lock(connection, tenant)
    request = await duty_requests.lock(connection, tenant, request_id)
    if request is None:
        raise DutyNotFound
    if request["state"] != "pending":
        raise RequestDecided
    if request["asked_by"] == decision["decided_by"]:
        raise OwnRequest
    if decision["state"] == "approved":
        await _carry_out(connection, tenant, request, now)
    await duty_requests.decide(connection, request_id, now, **decision)
    return {**request, **decision, "decided_at": now}


async def _carry_out(connection: AsyncConnection, tenant: str, request: Row, now: datetime) -> None:
    ids = [each for each in (request["duty"], request["other_duty"]) if each is not None]
    duties = await rosters.lock(connection, tenant, ids)
    if any(duty["begins_at"] <= now for duty in duties.values()):
        raise DutyBegun
    own, other = duties[request["duty"]], duties.get(request["other_duty"])
    if request["kind"] == "leave":
        await rosters.change(connection, own["id"], state="leave")
        return
    changes = [(own, request["to_subject"] if other is None else other["subject"])]
    if other is not None:
        changes.append((other, own["subject"]))
    for duty, subject in changes:
        if subject not in await rosters.members(connection, tenant, duty["team"]):
            raise NotAMember
        await rosters.change(connection, duty["id"], state="leave")  # makes room for the look at who is free
    await _check_free(
        connection, tenant, [Stint(subject, duty["begins_at"], duty["ends_at"], None) for duty, subject in changes]
    )
    for duty, subject in changes:
        await rosters.change(connection, duty["id"], state="planned", subject=subject)


async def _rows(
    connection: AsyncConnection, period: Period, given: Sequence[tuple[date, Place, object]], zone: ZoneInfo
) -> list[tuple[dict[str, Any], object]]:
    hours = await rosters.hours(connection, period.tenant)
    members = await rosters.members(connection, period.tenant, period.team)
    posts = await rosters.posts(connection, period.tenant, {place.post for _, place, _ in given if place.post})
    rows = []
    for day, place, index in given:
        for is_wrong, reason in (
            (place.shift not in hours, UnknownShift),
            (place.subject not in members, NotAMember),
            (place.post is not None and place.post not in posts, UnknownPost),
        ):
            if is_wrong:
                raise BadPlace(index, reason())
        begins, ends = hours[place.shift].on(day, zone)
        facts = {"shift": place.shift, "post": place.post, "subject": place.subject, "state": "planned"}
        times = {"day": day, "begins_at": begins, "ends_at": ends}
        rows.append(({"id": uuid7(), "tenant": period.tenant, "team": period.team, **facts, **times}, index))
    return rows


async def _check_free(connection: AsyncConnection, tenant: str, stints: Sequence[Stint]) -> None:
    """Raise InTwoPlaces, or BadPlace with it where a stint has an index, if an officer is taken at that time."""
    if not stints:
        return
    begins, ends = min(stint.begins for stint in stints), max(stint.ends for stint in stints)
    known = await rosters.taken(connection, tenant, {stint.subject for stint in stints}, begins, ends)
    there = [Stint(row["subject"], row["begins_at"], row["ends_at"], _THERE) for row in known]
    for one, other in clashes([*there, *stints]):
        new, old = (one, other) if other.source is _THERE else (other, one)
        zone = new.begins.tzinfo
        _refuse(new, InTwoPlaces(old.subject, old.begins.astimezone(zone), old.ends.astimezone(zone)))


def _refuse(stint: Stint, reason: RosterError) -> None:
    if stint.source is _THERE:
        return  # two duties that are there already are not this plan's doing
    raise reason if stint.source is None else BadPlace(stint.source, reason)


_THERE = object()
