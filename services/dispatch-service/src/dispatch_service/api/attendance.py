"""Clocking in and out, and where officers are."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from contracts.roles import Role
from dispatch_service.api.attendance_schemas import ClockBody, FixesBody, KeptView, LastPosition
from dispatch_service.api.deps import Engine, ReadEngine
from dispatch_service.api.duty_requests import Officer
from dispatch_service.api.roster_problems import problem_of
from dispatch_service.api.roster_schemas import DutyView
from dispatch_service.domain.roster_errors import FarAway, RosterError
from dispatch_service.persistence import offline_actions, positions
from dispatch_service.persistence.offline_actions import Sender
from dispatch_service.persistence.positions import Fix
from dispatch_service.service import attendance
from operations.filters import Code
from operations.pages import Page
from operations.periods import check_length
from operations.problems import invalid
from runtime.auth import Caller, require
from runtime.clock import now
from runtime.problems import PROBLEM_RESPONSES, register_texts
from runtime.types import Instant

register_texts(
    {
        "moment-out-of-range": (
            "应在过去 24 小时之内，且不得晚于当前时间五分钟以上。",
            "Must lie within the last 24 hours, and not more than five minutes in the future.",
        )
    }
)
router = APIRouter(tags=["attendance"], responses=PROBLEM_RESPONSES)
Watcher = Annotated[Caller, Depends(require(Role.DISPATCHER, Role.SUPERVISOR, Role.ANALYST, Role.ADMIN))]
_OLDEST = timedelta(hours=24)
_FUTURE = timedelta(minutes=5)
_MOST_DAYS = 7
_MOST_POINTS = 20_000


@router.post("/attendance")
async def clock(body: ClockBody, caller: Officer, engine: Engine) -> DutyView:
    """Clock in at the duty that begins within two hours or has begun, or out of the one you are in 打卡.

    The answer says how far from the post or the grid it was, and how late or early; it is kept in any case. 409
    `no-duty-now` without a duty, `already-clocked` for a second time, 422 `position-far-away` for a position more than
    50 km from every grid. A device that was offline sends it later with `POST /dispatch/v1/sync`.
    """
    try:
        async with engine.begin() as connection:
            sender, fix = Sender(caller.tenant, caller.subject), Fix(now(), *body.position.point(), None)
            await offline_actions.hold(connection, sender)
            row = await attendance.clock(connection, sender, body.way, fix, fix.at)
    except RosterError as error:
        raise problem_of(error) from error
    return DutyView.of(row)


@router.post("/positions")
async def send_positions(body: FixesBody, caller: Officer, engine: Engine) -> KeptView:
    """Send where you are, or were in the last 24 hours; of two positions for one moment the first stays."""
    moment = now()
    fixes = []
    for index, each in enumerate(body.positions):
        if not moment - _OLDEST <= each.at <= moment + _FUTURE:
            raise invalid(f"/positions/{index}/at", "moment-out-of-range")
        fixes.append(Fix(each.at, *each.position.point(), each.accuracy_metres))
    try:
        async with engine.begin() as connection:
            await attendance.check_reach(connection, caller.tenant, fixes)
            kept = await positions.add(connection, caller.tenant, caller.subject, fixes)
    except FarAway as error:
        raise problem_of(error, f"/positions/{error.place}/position") from error
    return KeptView(kept=kept)


@router.get("/positions")
async def list_positions(
    caller: Watcher,
    engine: ReadEngine,
    team: Code | None = None,
    minutes: Annotated[int, Query(ge=1, le=1440, description="Older positions are left out.")] = 60,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
) -> Page[LastPosition]:
    """List where the members of teams were last, in the order of their subjects."""
    since = now() - timedelta(minutes=minutes)
    async with engine.connect() as connection:
        rows = await positions.latest(connection, caller.tenant, team=team, since=since, size=limit)
    return Page(items=[LastPosition.model_validate(row) for row in rows])


@router.get("/positions/{subject}/track")
async def show_track(
    subject: Annotated[str, Path(max_length=200)],
    caller: Annotated[Caller, Depends(require(Role.SUPERVISOR, Role.ADMIN))],
    engine: ReadEngine,
    begin: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant, Query(alias="to", description="At most seven days later.")],
) -> dict[str, Any]:
    """Show where an officer went, as a GeoJSON LineString with the times of its points 轨迹.

    A track of a single point, or none, has no geometry. Tracks are kept for `JIEBAN_POSITION_DAYS`, 30 by default.
    """
    check_length(begin, end, _MOST_DAYS)
    async with engine.connect() as connection:
        rows = await positions.track(connection, caller.tenant, subject, begin, end, most=_MOST_POINTS)
    points = [[row["lon"], row["lat"]] for row in rows]
    line = {"type": "LineString", "coordinates": points} if len(points) > 1 else None
    times: list[datetime] = [row["at"] for row in rows]
    return {"type": "Feature", "geometry": line, "properties": {"subject": subject, "times": times}}
