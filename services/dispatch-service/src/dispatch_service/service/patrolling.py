"""What officers do on patrol: start and complete it; and planners: cancel it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol import (
    CLOCK_TOLERANCE,
    PatrolPoint,
    PatrolState,
    Step,
    allows,
    due_at,
    last_moment,
    metres_off,
    not_visited,
    start_window,
)
from dispatch_service.domain.patrol_errors import Flawed, NotYourPatrol, PatrolConflict
from dispatch_service.domain.routing import Point
from dispatch_service.persistence import cases, patrol_visits, patrols, positions
from dispatch_service.persistence.positions import Fix
from dispatch_service.persistence.rows import Row
from dispatch_service.service import patrol_activities
from dispatch_service.service.attendance import check_reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Who does something with which patrol, when, and which version of it they saw."""

    patrol: UUID
    tenant: str
    actor: str
    now: datetime
    traceparent: str
    check_version: Callable[[int], None]
    """Raises where the caller saw another version than this one."""


async def start(connection: AsyncConnection, doing: Doing, at: datetime | None, here: Point | None) -> Row:
    """Begin a patrol, and return it. Raises what `own` does, PatrolConflict, Flawed, FarAway."""
    patrol = await own(connection, doing)
    doing.check_version(patrol["version"])
    check_step(patrol, Step.START)
    moment = _moment(doing, at)
    first, last = start_window(patrol["begins_at"], patrol["ends_at"])
    if not first <= moment <= last:
        raise Flawed("/at", "outside-window", first=first.isoformat(), last=last.isoformat())
    await keep_position(connection, doing, moment, here)
    points = points_of(patrol)
    ends_at = max(patrol["ends_at"], doing.now)
    return await patrols.change(
        connection,
        patrol,
        state=PatrolState.STARTED.value,
        started_at=moment,
        started_by=doing.actor,
        start_metres=metres_off(points[0] if points else None, here),
        due_at=due_at(PatrolState.STARTED, ends_at),
        ended_at=None,
    )


async def complete(
    connection: AsyncConnection, doing: Doing, at: datetime | None, *, note: str | None, reason: str | None
) -> Row:
    """End a patrol, publish the activity, and return it.

    Raises Flawed with `points-not-visited` where required points were left out without a reason, what `own` and
    `check_while_on_patrol` do, and PatrolConflict.
    """
    patrol = await own(connection, doing)
    doing.check_version(patrol["version"])
    check_step(patrol, Step.COMPLETE)
    moment = _moment(doing, at)
    check_while_on_patrol(patrol, moment)
    visited = await patrol_visits.visited(connection, doing.tenant, doing.patrol)
    missing = not_visited(points_of(patrol), visited)
    if missing and reason is None:
        raise Flawed("/reason", "points-not-visited", points=", ".join(missing))
    facts = {"note": note, "reason": reason, **_ended(PatrolState.DONE, moment, doing.actor)}
    announced = await patrol_activities.record(connection, {**patrol, **facts}, doing)
    return await patrols.change(connection, patrol, **facts, **announced)


async def cancel(connection: AsyncConnection, doing: Doing, reason: str, *, supervises: bool) -> Row:
    """Call a patrol off, and return it; whoever `supervises` may undo one that is done, and its activity is voided.

    Raises PatrolNotFound, PatrolConflict.
    """
    patrol = await patrols.find(connection, doing.tenant, doing.patrol, lock=True)
    doing.check_version(patrol["version"])
    announced: dict[str, Any] = {}
    if patrol["state"] == PatrolState.DONE and supervises:
        announced = await patrol_activities.void(connection, patrol, doing, reason)
    else:
        check_step(patrol, Step.CANCEL)
    ended = _ended(PatrolState.CANCELLED, doing.now, doing.actor)
    return await patrols.change(connection, patrol, reason=reason, **ended, **announced)


async def own(connection: AsyncConnection, doing: Doing) -> Row:
    """Return the patrol, locked, if the actor is of its team and, where it names officers, one of them.

    Raises PatrolNotFound, NotYourPatrol.
    """
    patrol = await patrols.find(connection, doing.tenant, doing.patrol, lock=True)
    is_named = not patrol["officers"] or doing.actor in patrol["officers"]
    if not is_named or patrol["team"] not in await cases.teams_of(connection, doing.tenant, doing.actor):
        raise NotYourPatrol
    return patrol


def check_step(patrol: Row, step: Step) -> None:
    """Raise PatrolConflict where the patrol's state does not allow a step."""
    state = PatrolState(patrol["state"])
    if not allows(state, step, was_started=patrol["started_at"] is not None):
        raise PatrolConflict(state, patrol["version"])


def check_while_on_patrol(patrol: Row, moment: datetime) -> None:
    """Raise Flawed for a moment before the patrol was started, but for some minutes, or after the last that counts."""
    first, last = patrol["started_at"], last_moment(patrol["ends_at"])
    if moment < first - CLOCK_TOLERANCE:
        raise Flawed("/at", "before-start", started_at=first.isoformat())
    if moment > last:
        raise Flawed("/at", "outside-window", first=first.isoformat(), last=last.isoformat())


def points_of(patrol: Row) -> list[PatrolPoint]:
    """Return the points of a patrol in order."""
    return [PatrolPoint(**point) for point in patrol["points"]]


async def keep_position(connection: AsyncConnection, doing: Doing, moment: datetime, here: Point | None) -> None:
    """Keep where the actor was. Raises FarAway for a position that is far from every grid."""
    if here is not None:
        fix = Fix(moment, *here, None)
        await check_reach(connection, doing.tenant, [fix])
        await positions.add(connection, doing.tenant, doing.actor, [fix])


def check_present(moment: datetime, now: datetime) -> None:
    """Raise Flawed with `moment-in-the-future` for what a device says will happen."""
    if moment > now + CLOCK_TOLERANCE:
        raise Flawed("/at", "moment-in-the-future")


def _moment(doing: Doing, at: datetime | None) -> datetime:
    moment = at or doing.now
    check_present(moment, doing.now)
    return moment


def _ended(state: PatrolState, moment: datetime, actor: str) -> dict[str, Any]:
    return {"state": state.value, "ended_at": moment, "ended_by": actor, "due_at": None}
