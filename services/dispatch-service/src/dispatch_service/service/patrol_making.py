"""Makes the patrols of plans some days ahead: each once, by however many replicas at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dispatch_service.domain.patrol import PatrolState, due_at
from dispatch_service.domain.recurrence import IsWorking, Recurrence
from dispatch_service.domain.roster import Hours
from dispatch_service.persistence import clock_settings, patrol_places, patrol_plans, patrols, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.service.clockworks import calendar_of
from dispatch_service.service.patrol_points import at_post
from runtime.clock import now as present
from runtime.ids import uuid7

MADE = Counter("jieban_patrols_made", "Patrols that were made from plans")
WAITING = Gauge("jieban_patrol_plans_waiting", "Plans whose patrols are not made for the days ahead")
AHEAD = timedelta(days=7)
"""So far ahead of their day patrols are made; no outage of less than that leaves a day without."""
_BATCH = 100
_COPIED = ("tenant", "name", "kind", "team", "grid", "community", "officers", "generated")


async def make_patrols(
    engine: AsyncEngine, zone: ZoneInfo, *, now: Callable[[], datetime] = present, size: int = _BATCH
) -> int:
    """Make the patrols of all plans up to a week from today in `zone`, `size` plans a transaction; return how many."""
    made = 0
    until = now().astimezone(zone).date() + AHEAD
    await _measure(engine, until)
    while True:
        async with engine.begin() as connection:
            plans = await patrol_plans.lock_behind(connection, until, size=size)
            fresh = await make_of(connection, plans, zone, now())
        MADE.inc(fresh)
        made += fresh
        if len(plans) < size:
            break
    await _measure(engine, until)
    return made


async def make_of(connection: AsyncConnection, plans: Sequence[Row], zone: ZoneInfo, now: datetime) -> int:
    """Make what is missing of locked plans in the transaction of `connection`; return how many patrols.

    Days before today are left out, and so are windows that have ended.
    """
    if not plans:
        return 0
    until = now.astimezone(zone).date() + AHEAD
    made: list[dict[str, Any]] = []
    tenants = {plan["tenant"] for plan in plans}
    settings = await clock_settings.contents(connection, tenants)
    for tenant in tenants:
        own = [plan for plan in plans if plan["tenant"] == tenant]
        hours = await rosters.hours(connection, tenant)
        posts = await patrol_places.posts(connection, tenant, _posts_of(own))
        is_working = calendar_of(settings.get(tenant, {})).is_working
        for plan in own:
            windows = _windows(plan, until, is_working, hours[plan["shift"]], zone, now)
            made += [_patrol(plan, posts, *window) for window in windows]
    fresh = await patrols.add_planned(connection, made)
    await patrol_plans.set_made(connection, [plan["id"] for plan in plans], until)
    return fresh


def recurrence_of(plan: Row) -> Recurrence:
    """Return on which days a plan wants a patrol."""
    rules = plan["recurrence"]
    return Recurrence(
        first=plan["first_day"],
        last=plan["last_day"],
        weekdays=frozenset(rules["weekdays"]),
        every_days=rules["every_days"],
        dates=frozenset(map(date.fromisoformat, rules["dates"])),
        working_days_only=rules["working_days_only"],
    )


def new_patrol(facts: Row, day: date, begins_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Return the row of a patrol that nobody has started. `facts`: what, where and who."""
    return {
        "id": uuid7(),
        "version": 1,
        "plan": None,
        "plan_version": None,
        "suggestion": None,
        "sequence": 0,
        "digest": None,
        **facts,
        "day": day,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "state": PatrolState.PLANNED.value,
        "due_at": due_at(PatrolState.PLANNED, ends_at),
        "points_required": sum(point["required"] for point in facts["points"]),
    }


async def _measure(engine: AsyncEngine, until: date) -> None:
    async with engine.connect() as connection:
        WAITING.set(await patrol_plans.waiting(connection, until))


def _posts_of(plans: Sequence[Row]) -> set[str]:
    return {point["post"] for plan in plans for point in plan["points"] if point["post"]}


def _windows(
    plan: Row, until: date, is_working: IsWorking, hours: Hours, zone: ZoneInfo, now: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield day, begin and end of each patrol that is missing."""
    first = max(plan["made_until"] + timedelta(days=1), now.astimezone(zone).date())
    for day in recurrence_of(plan).days(first, until, is_working):
        begins_at, ends_at = hours.on(day, zone)
        if ends_at > now:
            yield day, begins_at, ends_at


def _patrol(plan: Row, posts: Mapping[str, Row], day: date, begins_at: datetime, ends_at: datetime) -> dict[str, Any]:
    points = [at_post(point, posts) for point in plan["points"]]
    origin = {"plan": plan["id"], "plan_version": plan["version"], "points": points}
    return new_patrol({**{name: plan[name] for name in _COPIED}, **origin}, day, begins_at, ends_at)
