"""Keeps patrol plans: each is given as a whole, and what it has planned follows a change of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol_errors import Flawed, PlanEnded
from dispatch_service.domain.recurrence import Recurrence
from dispatch_service.persistence import cases, clock_settings, patrol_places, patrol_plans, patrols, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service import patrol_points
from dispatch_service.service.clockworks import calendar_of
from dispatch_service.service.patrol_making import make_of, recurrence_of
from runtime.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Who plans for which tenant, when, and on which clock days are counted there."""

    tenant: str
    actor: str
    now: datetime
    zone: ZoneInfo

    def today(self) -> date:
        """Return the present day there."""
        return self.now.astimezone(self.zone).date()


async def create(connection: AsyncConnection, by: Planning, given: Row) -> Row:
    """Keep a new plan, make its first patrols, and return it.

    `given` has the columns that a planner decides on. Raises Flawed.
    """
    values = await _checked(connection, by, given)
    row = {
        **values,
        "id": uuid7(),
        "tenant": by.tenant,
        "version": 1,
        "ended_at": None,
        "generated": False,
        **_made_by(by),
    }
    await patrol_plans.add(connection, row)
    await make_of(connection, [row], by.zone, by.now)
    return row


async def change(
    connection: AsyncConnection, by: Planning, plan_id: UUID, given: Row, check_version: Callable[[int], None]
) -> Row:
    """Replace a plan by what is given; its patrols that have not begun are made anew. Return it.

    `check_version` raises where the caller saw another version than this one. Raises PlanNotFound, PlanEnded, Flawed.
    """
    present = await _present(connection, by, plan_id, check_version)
    changed = {**await _checked(connection, by, given), "version": present["version"] + 1, **_made_by(by)}
    await patrol_plans.change(connection, plan_id, **changed, generated=False)
    row = {**present, **changed, "generated": False}
    await patrols.drop_planned(connection, by.tenant, plan_id, by.now)
    await make_of(connection, [row], by.zone, by.now)
    return row


async def end(connection: AsyncConnection, by: Planning, plan_id: UUID, check_version: Callable[[int], None]) -> None:
    """Let a plan make no patrols any more, and remove those that have not begun. Raises PlanNotFound, PlanEnded."""
    present = await _present(connection, by, plan_id, check_version)
    await patrol_plans.end(connection, plan_id, present["version"] + 1, by.actor, by.now)
    await patrols.drop_planned(connection, by.tenant, plan_id, by.now)


async def unit_of(connection: AsyncConnection, tenant: str, given: Row) -> dict[str, Any]:
    """Return team, grid, community and officers of what is given, checked. Raises Flawed."""
    team = await cases.find_team(connection, tenant, given["team"])
    if team is None:
        raise Flawed("/team", "unknown-team")
    community: str | None = team.community
    if given["grid"] is not None:
        community = await patrol_places.grid_community(connection, tenant, given["grid"])
        if community is None:
            raise Flawed("/grid", "unknown-grid")
    members = await rosters.members(connection, tenant, given["team"]) if given["officers"] else set()
    for index, subject in enumerate(given["officers"]):
        if subject not in members:
            raise Flawed(f"/officers/{index}", "not-a-member")
    return {"team": given["team"], "grid": given["grid"], "community": community, "officers": given["officers"]}


async def _present(
    connection: AsyncConnection, by: Planning, plan_id: UUID, check_version: Callable[[int], None]
) -> Row:
    present = await patrol_plans.find(connection, by.tenant, plan_id, lock=True)
    check_version(present["version"])
    if present["ended_at"] is not None:
        raise PlanEnded
    return present


async def _checked(connection: AsyncConnection, by: Planning, given: Row) -> dict[str, Any]:
    unit = await unit_of(connection, by.tenant, given)
    if not await patrol_places.has_shift(connection, by.tenant, given["shift"]):
        raise Flawed("/shift", "unknown-shift")
    recurrence = recurrence_of(given)
    _check_period(recurrence, given["recurrence"]["dates"])
    settings = await clock_settings.contents(connection, [by.tenant])
    calendar = calendar_of(settings.get(by.tenant, {}))
    if recurrence.next_day(by.today(), calendar.is_working) is None:
        raise Flawed("/recurrence", "recurrence-never")
    points = await patrol_points.checked(connection, by.tenant, given["points"])
    return {**given, **unit, "points": points}


def _check_period(recurrence: Recurrence, dates: Sequence[str]) -> None:
    first, last = recurrence.first, recurrence.last or date.max
    if last < first:
        raise Flawed("/last_day", "window-reversed")
    for index, day in enumerate(map(date.fromisoformat, dates)):
        if not first <= day <= last:
            raise Flawed(f"/recurrence/dates/{index}", "outside-period", first=first, last=last)


def _made_by(by: Planning) -> dict[str, Any]:
    return {"made_until": by.today() - timedelta(days=1), "changed_at": by.now, "changed_by": by.actor}
