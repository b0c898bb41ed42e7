"""Makes patrols beside the plans."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol import LONGEST
from dispatch_service.domain.patrol_errors import Flawed, IdReused, NotYourPatrol
from dispatch_service.persistence import cases, patrols
from dispatch_service.persistence.rows import Row
from dispatch_service.service import patrol_points
from dispatch_service.service.patrol_making import new_patrol
from dispatch_service.service.patrol_plans import Planning, unit_of

_OLDEST, _FARTHEST = timedelta(days=7), timedelta(days=366)
"""How long ago a window may have ended that a device brings late, and how far ahead one may begin."""


async def make(connection: AsyncConnection, by: Planning, given: Row, *, plans: bool) -> Row:
    """Make a patrol beside the plans, and return it; `plans` says whether the actor may for every team.

    `given` holds what, where, who and when; with the `id` of a client and a `digest` of what it said a repeat is given
    the patrol that is there. Raises Flawed, NotYourPatrol, IdReused.
    """
    if not plans and given["team"] not in await cases.teams_of(connection, by.tenant, by.actor):
        raise NotYourPatrol
    if "id" in given and (there := await patrols.look_up(connection, by.tenant, given["id"])) is not None:
        return _same(there, given["digest"])
    begins_at, ends_at = given["begins_at"], given["ends_at"]
    _check_window(begins_at, ends_at, by.now)
    unit = await unit_of(connection, by.tenant, given)
    points = await patrol_points.checked(connection, by.tenant, given["points"])
    day = begins_at.astimezone(by.zone).date()
    facts = {**given, **unit, "tenant": by.tenant, "points": points}
    row = new_patrol(facts, day, begins_at, ends_at)
    await patrols.add(connection, row)  # changes nothing where a twin was faster
    return _same(await patrols.find(connection, by.tenant, row["id"]), row["digest"])


def _same(there: Row, digest: bytes | None) -> Row:
    if there["digest"] != digest:
        raise IdReused
    return there


def _check_window(begins_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= begins_at:
        raise Flawed("/ends_at", "window-reversed")
    if ends_at - begins_at > LONGEST:
        raise Flawed("/ends_at", "window-too-long", hours=LONGEST // timedelta(hours=1))
    if not (now - _OLDEST <= ends_at and begins_at <= now + _FARTHEST):
        raise Flawed("/begins_at", "window-out-of-range", past=_OLDEST.days, ahead=_FARTHEST.days)
