"""Plans duties, and changes them as officers ask and dispatchers decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster import Stint
from dispatch_service.domain.roster_errors import (
    DutyBegun,
    DutyNotFound,
    NotAMember,
    OnLeave,
    OwnRequest,
    RequestDecided,
    RequestPending,
)
from dispatch_service.persistence import county, duty_requests, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service.duty_planning import (
    BadPlace,
    Given,
    LeftOut,
    Period,
    apart,
    conflicts,
    known_to,
    row_of,
    stint_of,
    touching,
)
from runtime.ids import uuid7


@dataclass(frozen=True, slots=True)
class Planned:
    """How many duties are planned, and what of a week is not."""

    duties: int
    left_out: Sequence[LeftOut]


async def plan(connection: AsyncConnection, period: Period, given: Sequence[Given], zone: ZoneInfo) -> Planned:
    """Make `given` the duties of a team in a period, in place of those that were planned.

    A week leaves out whoever is on leave; a duty of its own ends the leave. Raises BadPlace, and DutyBegun where
    somebody has clocked in at one of the duties that would go.
    """
    await county.lock(connection, period.tenant)
    gone = await rosters.clear(connection, period.tenant, period.team, period.first, period.last, state="planned")
    if any(row["clocked_in_at"] is not None for row in gone):
        raise DutyBegun
    known = await known_to(connection, period.tenant, period.team, [each.place for each in given])
    rows: dict[object, tuple[Row, Given]] = {}
    for each in given:
        flaw = known.flaw(each.place)
        if flaw is not None:
            raise BadPlace(each.pointer, flaw)
        row = row_of(period, each, known.hours[each.place.shift], zone)
        rows[row["id"]] = row, each
    stints = [stint_of(row, key) for key, (row, _) in rows.items()]
    free, away = apart(stints, await touching(connection, period.tenant, stints, state="leave"))
    named = [stint for stint in away if not rows[stint.source][1].of_week]
    await rosters.end_leave(connection, period.tenant, period.team, [rows[stint.source][0] for stint in named])
    for stint, reason in await conflicts(connection, period.tenant, [*free, *named]):
        raise BadPlace(rows[stint.source][1].pointer, reason)
    await rosters.add(connection, [rows[stint.source][0] for stint in (*free, *named)])
    left_out = [given for _, given in (rows[stint.source] for stint in away) if given.of_week]
    return Planned(len(free) + len(named), [LeftOut(each.day, each.place, "leave") for each in left_out])


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

    Raises DutyNotFound, RequestDecided, OwnRequest, DutyBegun, NotAMember, OnLeave, InTwoPlaces.
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
    if any(duty["begins_at"] <= now or duty["clocked_in_at"] is not None for duty in duties.values()):
        raise DutyBegun
    own, other = duties[request["duty"]], duties.get(request["other_duty"])
    if request["kind"] == "leave":
        await rosters.change(connection, own["id"], state="leave")
        return
    changes = [(own, request["to_subject"] if other is None else other["subject"])]
    if other is not None:
        changes.append((other, own["subject"]))
    await _hand_over(connection, tenant, changes)


async def _hand_over(connection: AsyncConnection, tenant: str, changes: Sequence[tuple[Row, str]]) -> None:
    """Give each duty to another officer of its team who is free then."""
    stints = [Stint(subject, duty["begins_at"], duty["ends_at"], None) for duty, subject in changes]
    _, away = apart(stints, await touching(connection, tenant, stints, state="leave"))
    if away:
        raise OnLeave(away[0].subject)
    for duty, subject in changes:
        if subject not in await rosters.members(connection, tenant, duty["team"]):
            raise NotAMember
        await rosters.change(connection, duty["id"], state="leave")  # makes room for the look at who is free
    for _, reason in await conflicts(connection, tenant, stints):
        raise reason
    for duty, subject in changes:
        await rosters.change(connection, duty["id"], state="planned", subject=subject)
