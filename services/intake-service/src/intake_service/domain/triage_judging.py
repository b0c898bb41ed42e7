"""Judges reports by the triage rules of their tenant, made ready once for each version."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.categories import is_within
from intake_service.domain.recent_reports import By, Filed, letters, since, text_digest
from intake_service.domain.triage_rules import (
    AdvisedRule,
    FrequentRule,
    LinksRule,
    RepeatedRule,
    Rule,
    TriageRules,
    UnclearRule,
    WordsRule,
    ZoneRule,
)
from intake_service.domain.zones import within

LOOKED_AT = 2_000
"""Words are looked for in so many letters, so that no text keeps others waiting."""
_LINKS = ("http://", "https://", "www.")


class Suggested(NamedTuple):
    """What the model made of a report without a category."""

    confidence: float
    """0 to 1; 0 where it has no idea."""
    is_advised: bool
    """Whether the category has an advice, which ends reports of it."""


@dataclass(frozen=True)
class Suspect:
    """What rules look at; of its text no more is made than they ask for."""

    description: str
    suggested: Suggested | None
    """None where a category was given."""
    recent: Mapping[By, Iterable[Filed]]
    """What came in before from the same phone, device or account; by what is known of these."""
    at: datetime
    category: str | None = None
    """That was given, or taken from what is suggested."""
    point: tuple[float, float] | None = None
    """Longitude and latitude; None where only an address is known, or nothing."""

    @cached_property
    def plain(self) -> str:
        """The `letters` of its text."""
        return letters(self.description)


_Test = Callable[[Suspect], bool]


class Judge:
    """The rules of one version."""

    def __init__(self, version: int, rules: TriageRules, timezone: ZoneInfo) -> None:
        """`version` is 0 for those that are shipped; `timezone` is that of the county."""
        self.version = version
        self.rules = rules
        self.hold = timedelta(minutes=rules.hold_minutes)
        self.counts = frozenset(rule.by for rule in rules.rules if isinstance(rule, RepeatedRule | FrequentRule))
        """By what reports have to be counted."""
        self._tests = [(rule, _test(rule, timezone)) for rule in rules.rules]

    def suspicions(self, suspect: Suspect, *, ever: bool = False) -> list[Rule]:
        """Return the rules that suspect it, in order, of those in force at its moment; of all with `ever`."""
        return [rule for rule, test in self._tests if (ever or rule.is_active(suspect.at)) and test(suspect)]


def _test(rule: Rule, timezone: ZoneInfo) -> _Test:
    match rule:
        case ZoneRule():
            return _in_zone(rule, timezone)
        case WordsRule():
            return _words(frozenset(map(letters, rule.words)))
        case LinksRule():
            return lambda suspect: _links(suspect.description) > rule.more_than
        case RepeatedRule():
            return lambda suspect: _same(suspect, rule) >= rule.times
        case FrequentRule():
            return lambda suspect: _count(suspect, rule.by, rule.hours) > rule.more_than
        case AdvisedRule():
            return lambda suspect: (
                suspect.suggested is not None
                and suspect.suggested.is_advised
                and suspect.suggested.confidence >= rule.confidence_from
            )
        case UnclearRule():
            return lambda suspect: (
                suspect.suggested is not None and suspect.suggested.confidence < rule.confidence_below
            )


def _in_zone(rule: ZoneRule, timezone: ZoneInfo) -> _Test:
    lies_in, hours, categories = within(rule.area), rule.hours, rule.categories

    def is_there(suspect: Suspect) -> bool:
        if suspect.point is None or (categories and not any(is_within(suspect.category, each) for each in categories)):
            return False
        return (hours is None or hours.include(suspect.at.astimezone(timezone))) and lies_in(*suspect.point)

    return is_there


def _words(wanted: Collection[str]) -> _Test:
    def has_one(suspect: Suspect) -> bool:
        return any(map(suspect.plain[:LOOKED_AT].__contains__, wanted))

    return has_one


def _links(text: str) -> int:
    folded = text.casefold()
    return sum(folded.count(each) for each in _LINKS) - folded.count("://www.")


def _within(suspect: Suspect, by: By, hours: int) -> list[Filed] | None:
    """Return what came in before; None where nobody knows from whom this one is."""
    recent = suspect.recent.get(by)
    return None if recent is None else since(recent, suspect.at - timedelta(hours=hours))


def _count(suspect: Suspect, by: By, hours: int) -> int:
    before = _within(suspect, by, hours)
    return 0 if before is None else len(before) + 1


def _same(suspect: Suspect, rule: RepeatedRule) -> int:
    before = _within(suspect, rule.by, rule.hours)
    if before is None or (text := text_digest(suspect.plain)) is None:
        return 0
    return sum(each.text == text for each in before) + 1
