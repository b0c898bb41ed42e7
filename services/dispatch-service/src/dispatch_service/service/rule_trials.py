"""What rules would have done with past cases."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.router import Route
from dispatch_service.domain.rules import Facts, Rule
from dispatch_service.domain.simulation.duties import Duty, Roster
from dispatch_service.domain.simulation.scenario import Placement, Scenario
from dispatch_service.persistence import past_cases, rosters
from dispatch_service.persistence.rows import Row
from dispatch_service.persistence.rule_sets import PLANNED_AHEAD
from dispatch_service.service.rulebooks import Rulebook

_LONGEST_DUTY = timedelta(days=1)
_CHUNK = 500
"""Cases in memory at a time: a description may have ten thousand characters."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A case, and where it would have gone."""

    case: Row
    placement: Placement

    @property
    def route(self) -> Route:
        """What its place and the rules say."""
        return self.placement.route

    @property
    def is_changed(self) -> bool:
        """Whether it has another team or grade now."""
        return (self.case["team"], self.case["grade"]) != (self.placement.team, self.route.grade.value)


@dataclass(slots=True)
class RuleTrial:
    """What one rule would have done."""

    matched: int = 0
    decided: int = 0
    changed: int = 0
    samples: list[Sample] = field(default_factory=list)
    """Those that are changed first."""


@dataclass(slots=True)
class Trial:
    """What a set of rules would have done."""

    cases: int = 0
    capped: bool = False
    unmatched: int = 0
    changed: int = 0
    rules: dict[str, RuleTrial] = field(default_factory=lambda: defaultdict(RuleTrial))

    def add(self, sample: Sample, *, samples: int) -> None:
        """Count a case, and keep it where it is among the first `samples` of its kind."""
        ruling = sample.route.ruling
        self.cases += 1
        self.changed += sample.is_changed
        self.unmatched += not ruling.applied
        for code in ruling.applied:
            rule = self.rules[code]
            rule.matched += 1
            rule.decided += ruling.decided_by == code
            rule.changed += sample.is_changed
            if sum(each.is_changed == sample.is_changed for each in rule.samples) < samples:
                rule.samples.append(sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which cases are tried."""

    tenant: str
    begin: datetime
    end: datetime
    most: int


async def try_rules(connection: AsyncConnection, book: Rulebook, period: Period, *, samples: int) -> Trial:
    """Return what `book` would have done with the newest cases of a period; the event loop goes on meanwhile.

    Rosters are those of the time: while nobody of a team was on duty, its case goes where the policy says.
    """
    trial = Trial()
    first, before = past_cases.bounds(period.begin, period.end)
    while True:
        left = period.most - trial.cases
        size = min(_CHUNK, left)
        rows = await past_cases.page(connection, period.tenant, first, before, size=size + 1)
        scenario = Scenario(book.router, book.work, book.policy, await _roster(connection, period.tenant, rows[:size]))
        await asyncio.to_thread(_count, trial, scenario, rows[:size], samples)
        if len(rows) <= size:
            return trial
        if left <= size:
            trial.capped = True
            return trial
        before = rows[size - 1]["complaint_id"]


def codes_of(rules: Sequence[Rule]) -> list[str]:
    """Return the codes of the rules that are asked, in order."""
    return [rule.code for rule in rules if rule.enabled]


async def _roster(connection: AsyncConnection, tenant: str, rows: Sequence[Row]) -> Roster:
    """Return the roster of the time in which cases came in."""
    if not rows:
        return Roster([], PLANNED_AHEAD)
    moments = [row["received_at"] for row in rows]
    duties = await rosters.presence(connection, tenant, min(moments) - _LONGEST_DUTY, max(moments) + PLANNED_AHEAD)
    return Roster(
        [
            Duty(
                team=row["team"],
                subject="",
                begins=row["begins_at"].timestamp(),
                ends=row["ends_at"].timestamp(),
            )
            for row in duties
        ],
        PLANNED_AHEAD,
    )


def _count(trial: Trial, scenario: Scenario, rows: Sequence[Row], samples: int) -> None:
    for row, placement in zip(rows, scenario.place([_facts(row) for row in rows]), strict=True):
        trial.add(Sample(row, placement), samples=samples)


def _facts(row: Row) -> Facts:
    return Facts(
        category=row["category"],
        source=row["source"],
        proactive=row["proactive"],
        description=row["description"],
        point=None if row["lon"] is None else (row["lon"], row["lat"]),
        received_at=row["received_at"],
        attributes=row["attributes"] or {},
        confidence=row["category_confidence"],
    )
