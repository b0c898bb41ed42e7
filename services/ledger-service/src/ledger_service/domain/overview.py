"""The figures of a wall screen, for a county and for each of its communities."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from contracts.events import Satisfaction
from contracts.lifecycle import EventType, Status
from ledger_service.domain.lights import RESOLVED, Light

Measure = Literal["received", "assigned", "resolved", "closed", "reopened", "withdrawn", "rejected", "merged", "voided"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
MEASURED: Mapping[EventType, Measure] = {
    EventType.RECEIVED: "received",
    EventType.ASSIGNED: "assigned",
    EventType.RESOLVED: "resolved",
    EventType.CLOSED: "closed",
    EventType.FORCE_CLOSED: "closed",
    EventType.REOPENED: "reopened",
    EventType.WITHDRAWN: "withdrawn",
    EventType.REJECTED: "rejected",
    EventType.MERGED: "merged",
    EventType.VOIDED: "voided",
}
"""What counts as what, each time it happens: a case that is sent on is assigned again."""
WORDS = (EventType.FEEDBACK_RECEIVED, EventType.FOLLOWED_UP)
"""In which reporters say whether they are satisfied."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a county, from midnight to midnight by its clocks."""

    date: date
    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> "Day":
        """Return the day on which a moment falls."""
        today = moment.astimezone(zone).date()
        begins, ends = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (today, today + timedelta(1)))
        return cls(today, begins, ends)

    @property
    def hours(self) -> int:
        """How many hours it has: 24, unless clocks are changed on it."""
        return math.ceil((self.ends.timestamp() - self.begins.timestamp()) / HOUR.total_seconds())


@dataclass(slots=True)
class Figures:
    """What counts come to, for a county or one of its communities."""

    flow: Counter[Measure] = field(default_factory=Counter)
    by_hour: dict[int, Counter[Measure]] = field(default_factory=lambda: defaultdict(Counter))
    statuses: Counter[Status] = field(default_factory=Counter)
    lights: Counter[Light | None] = field(default_factory=Counter)
    overdue: int = 0
    """Cases that are still to be resolved and whose light is red."""
    words: Counter[Satisfaction] = field(default_factory=Counter)
    planned: int = 0
    on_duty: int = 0


class Happened(NamedTuple):
    """How often something happened in an hour of the day, counted from midnight."""

    community: str | None
    hour: int
    measure: Measure
    times: int

    def add_to(self, figures: Figures) -> None:
        """Add it."""
        figures.flow[self.measure] += self.times
        figures.by_hour[self.hour][self.measure] += self.times


class Standing(NamedTuple):
    """How many open cases stand so. Without a promised time there is no light."""

    community: str | None
    status: Status
    light: Light | None
    cases: int

    def add_to(self, figures: Figures) -> None:
        """Add them."""
        figures.statuses[self.status] += self.cases
        figures.lights[self.light] += self.cases
        if self.light == "red" and self.status not in RESOLVED:
            figures.overdue += self.cases


class Word(NamedTuple):
    """How many reporters said so last on the day."""

    community: str | None
    satisfaction: Satisfaction
    reporters: int

    def add_to(self, figures: Figures) -> None:
        """Add them."""
        figures.words[self.satisfaction] += self.reporters


class TeamOnDuty(NamedTuple):
    """How many of a team are on duty, as dispatch told at a moment; `until`: when its roster changes that next."""

    team: str
    name: str | None
    community: str | None
    planned: int
    on_duty: int
    at: datetime
    until: datetime | None

    def add_to(self, figures: Figures) -> None:
        """Add them."""
        figures.planned += self.planned
        figures.on_duty += self.on_duty


Count = Happened | Standing | Word | TeamOnDuty


def add_up(counts: Iterable[Count]) -> Mapping[str | None, Figures]:
    """Return the figures of each community by code, and those of the whole county under None.

    What has no community yet counts in the whole only.
    """
    whole = Figures()
    figures = defaultdict[str | None, Figures](Figures, {None: whole})
    for each in counts:
        each.add_to(whole)
        if each.community is not None:
            each.add_to(figures[each.community])
    return dict(figures)
