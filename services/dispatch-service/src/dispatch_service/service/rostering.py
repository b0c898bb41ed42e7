"""Plans duties, and changes them as officers ask and dispatchers decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
from dispatch_service.persistence import county, duty_requests, roster_versions, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service import replanning
from dispatch_service.service.duty_planning import (
    BadPlace,
    Given,
    LeftOut,
    Period,
    apart,
    check_count,
    conflicts,
    touching,
)
from dispatch_service.service.patrol_plans import Planning
from runtime.ids import uuid7


@dataclass(frozen=True, slots=True)
class Planned:
    """How many duties are planned, what of a week is not, how many are over, and the version of the roster then."""

    duties: int
    left_out: Sequence[LeftOut]
    over: int
    version: int


async def plan(
    connection: AsyncConnection,
    by: Planning,
    period: Period,
    given: Sequence[Given],
    check_version: Callable[[int], None],
) -> Planned:
    """Make `given` the duties of a team in a period, in place of those that were planned.

    Duties that are the same stay, with all that was asked about them, and so do those that are over. A week leaves out
    whoever is on leave; a duty of its own ends the leave. `check_version` raises where the caller saw another version
    of the roster. Raises TooManyDuties, BadPlace, and DutyBegun where somebody has clocked in at one of the duties that
    would go.
    """
    check_count(len(given))
    await county.lock(connection, by.tenant)
    check_version(await roster_versions.of(connection, by.tenant, period.team))
    replan = await replanning.draft(connection, period, given, by.zone, by.now)
    for flaw in replan.flaws:
        raise flaw.reason if flaw.pointer is None else BadPlace(flaw.pointer, flaw.reason)
    version = await replanning.carry_out(connection, replan, by.actor, by.now)
    return Planned(replan.duties, replan.left_out, replan.over, version)


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
    if len(duties) < len(set(ids)):
        raise DutyNotFound
    if any(duty["begins_at"] <= now or duty["clocked_in_at"] is not None for duty in duties.values()):
        raise DutyBegun
    for team in sorted({duty["team"] for duty in duties.values()}):
        await roster_versions.count(connection, tenant, team)
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
