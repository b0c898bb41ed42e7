"""Routing rules as data: when a rule fits a complaint, and what it does then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Literal, TypeAlias

from dispatch_service.domain.limits import Grade
from dispatch_service.domain.routing import Point

Scalar: TypeAlias = str | float | bool
"""A value of an attribute."""
DayKind = Literal["working", "off", "holiday"]
"""A working day (make-up workdays 调休 among them), a day off, a day off that has a name or is the tenant's own."""


@dataclass(frozen=True, slots=True)
class Circle:
    """All points within `metres` of one; WGS84 degrees."""

    lon: float
    lat: float
    metres: float


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Times on the clock of the county; what is left out is not asked for.

    A window from 22:00 to 06:00 belongs to the day on which it begins, as does one to 00:00, the end of the day.
    """

    weekdays: tuple[int, ...] = ()
    """1 is Monday."""
    days: DayKind | None = None
    begins: time | None = None
    ends: time | None = None
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from one to another, both included; None: without a bound."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class AttributeTest:
    """What an attribute has to be; whatever is asked for has to be so. A number is asked for by a bound."""

    name: str
    exists: bool | None = None
    among: tuple[Scalar, ...] = ()
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A rule fits where every field that is given does; of several values one is enough, of attributes all are needed.

    A category stands for those below it as well. Words are looked for in the description, whatever their case.
    """

    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    proactive: bool | None = None
    communities: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    areas: tuple[Mapping[str, Any], ...] = ()
    """GeoJSON Polygon or MultiPolygon, WGS84."""
    circles: tuple[Circle, ...] = ()
    """Areas as well: a point has to lie in one of both."""
    times: tuple[TimeWindow, ...] = ()
    """Of the receipt."""
    attributes: tuple[AttributeTest, ...] = ()
    confidence: Interval | None = None
    """Of the model, where it has named the category; nothing fits a category that somebody has named."""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule does. What an earlier rule has set stays as it is; supporting teams add up.

    A rule with `stop` ends the search: where no rule has named a team, the grid's leads.
    """

    team: str | None = None
    """Who leads 主办; None leaves it to later rules and, in the end, to the grid."""
    supporting: tuple[str, ...] = ()
    """Who helps 协办."""
    grid_supports: bool = False
    """The team of the grid helps where another leads."""
    grade: Grade | None = None
    skill: str | None = None
    """What the officer has to be able to do."""
    stop: bool = True


@dataclass(frozen=True, slots=True)
class RuleName:
    """What people read."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an ordered set."""

    code: str
    name: RuleName
    when: When = field(default_factory=When)
    then: Then = field(default_factory=Then)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may look at."""

    category: str | None
    source: str
    proactive: bool
    description: str
    point: Point | None
    received_at: datetime
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules that fit say together."""

    applied: tuple[str, ...] = ()
    """Codes, in order."""
    decided_by: str | None = None
    """The rule that has named the team or, where none has, the one that ended the search for the grid's team."""
    team: str | None = None
    supporting: Mapping[str, str] = field(default_factory=dict)
    """Teams, with the rule that has named each."""
    grid_supports: str | None = None
    """The rule by which the team of the grid helps."""
    grade: Grade | None = None
    skill: str | None = None


def combine(rules: tuple[Rule, ...]) -> Ruling:
    """Return what `rules`, all of which fit, say together; they are in order, and only the last may end the search."""
    effects = [rule.then for rule in rules]
    supporting: dict[str, str] = {}
    for rule in rules:
        for team in rule.then.supporting:
            supporting.setdefault(team, rule.code)
    naming = next((rule for rule in rules if rule.then.team is not None), None)
    ending = rules[-1] if rules and rules[-1].then.stop else None
    deciding = naming or ending
    return Ruling(
        applied=tuple(rule.code for rule in rules),
        decided_by=None if deciding is None else deciding.code,
        team=None if naming is None else naming.then.team,
        supporting=supporting,
        grid_supports=next((rule.code for rule in rules if rule.then.grid_supports), None),
        grade=next((effect.grade for effect in effects if effect.grade is not None), None),
        skill=next((effect.skill for effect in effects if effect.skill is not None), None),
    )
