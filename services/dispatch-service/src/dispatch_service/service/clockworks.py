"""The clockwork of each tenant in memory, made anew when its limits, office hours or calendar have changed."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from datetime import time as clock
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.calendars import OFFICE_HOURS, Calendar
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.limits import Allowance, Grade, Limit, LimitTable, Stage, Unit
from dispatch_service.domain.shipped import shipped_setting
from dispatch_service.domain.supervision import SupervisionRule
from dispatch_service.domain.working_time import Span
from dispatch_service.persistence import clock_settings
from dispatch_service.persistence.clock_settings import Versions
from dispatch_service.service import holidays


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of the settings of a tenant, as they were `seen`."""

    seen: int
    work: Clockwork
    calendar: Calendar
    supervision: SupervisionRule


class Clockworks:
    """A cache. A change of settings is seen after `check_every_seconds` at the latest; renewal sets right the clocks
    that were started meanwhile.
    """

    def __init__(self, *, check_every_seconds: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._check_every = check_every_seconds
        self._now = now
        self._made: dict[str, _Made] = {}
        self._checked: dict[str, float] = {}

    async def of(self, connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, Clockwork]:
        """Return the clockwork of each of `tenants`; one that has set nothing has the one that is shipped."""
        now = self._now()
        due = [tenant for tenant in tenants if now - self._checked.get(tenant, -self._check_every) >= self._check_every]
        if due:
            versions = await clock_settings.versions(connection, due)
            changed = [tenant for tenant in due if not self._has_seen(tenant, versions[tenant])]
            if changed:
                contents = await clock_settings.contents(connection, changed)
                self._made |= {tenant: _make(versions[tenant], contents.get(tenant, {})) for tenant in changed}
            self._checked |= dict.fromkeys(due, now)
        return {tenant: self._made[tenant].work for tenant in tenants}

    async def of_one(self, connection: AsyncConnection, tenant: str) -> Clockwork:
        """Return the clockwork of one tenant."""
        return (await self.of(connection, [tenant]))[tenant]

    def calendar(self, tenant: str) -> Calendar:
        """Return the calendar that the clockwork of a tenant, which was asked for before, goes by."""
        return self._made[tenant].calendar

    def supervision(self, tenant: str) -> SupervisionRule:
        """Return when cases get orders by rule in a tenant whose clockwork was asked for before."""
        return self._made[tenant].supervision

    def _has_seen(self, tenant: str, versions: Versions) -> bool:
        made = self._made.get(tenant)
        return made is not None and made.seen == versions.seen


def _make(versions: Versions, settings: Mapping[str, Any]) -> _Made:
    calendar = calendar_of(settings)
    return _Made(
        seen=versions.seen,
        work=Clockwork(versions.version, limits_of(lines_of(settings)), calendar.office(), calendar.days()),
        calendar=calendar,
        supervision=supervision_rule_of(settings.get(clock_settings.SUPERVISION_RULE)),
    )


@cache
def default_limits() -> Sequence[Mapping[str, Any]]:
    """Return the limits that are shipped, as JSON has them."""
    return [{"category": None, "grade": None, **row} for row in shipped_setting("limits")]


def lines_of(settings: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the lines that count: the tenant's own before those of its categories, these before the shipped ones.

    A line gives way only to one for the same category, stage and all grades; of the others the table finds the one
    with the lowest category.
    """
    own = settings.get(clock_settings.LIMITS)
    told = told_lines(settings.get(clock_settings.CATEGORIES))
    first, then = (told, default_limits()) if own is None else (own, told)
    taken = {_key(row) for row in first}
    return [*first, *(row for row in then if _key(row) not in taken)]


def told_lines(content: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """Return the limits of categories, as intake has told of them, as lines of a table."""
    return [
        {"category": code, "grade": None, "stage": stage, **limit}
        for code, told in sorted((content or {}).items())
        for stage, limit in told["limits"].items()
    ]


def _key(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return row["category"], row["grade"], row["stage"]


def limits_of(rows: Sequence[Mapping[str, Any]]) -> LimitTable:
    """Read a table of limits; raises LimitTwice, LimitMissing."""
    return LimitTable(
        Limit(
            row["category"],
            None if row["grade"] is None else Grade(row["grade"]),
            Stage(row["stage"]),
            allowance_of(row),
        )
        for row in rows
    )


def supervision_rule_of(content: Sequence[Mapping[str, Any]] | None) -> SupervisionRule:
    """Read at which levels orders are given by rule; None stands for what is shipped."""
    return {row["level"]: allowance_of(row["answer_within"]) for row in content or ()}


def allowance_of(row: Mapping[str, Any]) -> Allowance:
    """Read an amount of time with its unit."""
    return Allowance(row["amount"], Unit(row["unit"]))


def spans_of(rows: Sequence[Mapping[str, str]] | None) -> Sequence[Span]:
    """Read office hours; None stands for those that are shipped."""
    if rows is None:
        return OFFICE_HOURS
    return [(clock.fromisoformat(row["from"]), clock.fromisoformat(row["to"])) for row in rows]


def days_of(rows: Sequence[Mapping[str, Any]]) -> dict[date, bool]:
    """Read a tenant's own days of a year."""
    return {date.fromisoformat(row["date"]): row["working"] for row in rows}


def calendar_of(settings: Mapping[str, Any]) -> Calendar:
    """Return the calendar of a tenant that has set `settings`, by name."""
    overrides: dict[date, bool] = {}
    for name, rows in settings.items():
        if clock_settings.is_calendar(name):
            overrides |= days_of(rows)
    hours = spans_of(settings.get(clock_settings.OFFICE_HOURS))
    return Calendar(holidays.official, overrides, hours, holidays.name_of, holidays.replaced)
