"""What is wrong with a set of rules: what can never fit, what is there twice, and what names something unknown."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dispatch_service.domain.routing import DUTY_DESK
from dispatch_service.domain.rule_cover import covers
from dispatch_service.domain.rule_places import shape_of
from dispatch_service.domain.rule_tests import asks_for_value, holds, is_needed
from dispatch_service.domain.rules import AttributeTest, Rule, When
from dispatch_service.domain.survey import flaw_of

Kind = Literal["team", "skill", "grid", "community", "category", "source"]
Finding = tuple[str, str, Mapping[str, object]]
"""Pointer, code and parameters."""
_MAY_BE_MISSED = ("skill", "category", "source")
"""An officer with the skill may come back, until then nobody is chosen; and old cases keep categories and sources that
are gone.
"""


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with the rule at `place`, counted from 0; `pointer` leads from the rule to the part."""

    place: int
    pointer: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What a tenant has."""

    teams: Mapping[str, str]
    """Code and name."""
    grids: Mapping[str, str]
    """Code and community of those in force."""
    communities: Collection[str]
    skills: Collection[str]
    """Those of its officers."""
    categories: Collection[str] = ()
    """Those that intake has told of, or that are shipped where it never did; none where that is not known."""
    sources: Mapping[str, bool | None] = field(default_factory=dict)
    """Those that are shipped and those that intake has told of, less what is removed; none where that is not known.

    Each with whether what it reports is proactive 未诉先办; None where that is not known.
    """


def flaws_of(rules: Sequence[Rule]) -> Iterator[RuleFault]:
    """Yield what is wrong with `rules` by themselves."""
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        if rule.code in seen:
            yield RuleFault(place, "/code", "duplicate-code")
        seen.add(rule.code)
        for pointer, code, params in (*_idle(rule), *_contradictions(rule.when)):
            yield RuleFault(place, pointer, code, params)
    yield from _shadowed(rules)


def strangers(rules: Sequence[Rule], known: Known) -> Iterator[RuleFault]:
    """Yield what `rules` name that the tenant has not, and places and sources that nothing can have."""
    for place, rule in enumerate(rules):
        for pointer, kind, code in _unknown_parts(rule, known):
            yield RuleFault(place, pointer, f"unknown-{kind}", {"given": code})
        if _are_apart(rule.when, known):
            yield RuleFault(place, "/when/grids", "places-apart")
        if _are_without_grids(rule.when, known):
            yield RuleFault(place, "/when/communities", "communities-without-grids")
        if _are_otherwise(rule.when, known):
            yield RuleFault(place, "/when/proactive", "sources-contradict")


def lost_of(rules: Sequence[Rule], known: Known) -> dict[str, str]:
    """Return why rules cannot be gone by, by their codes: they name a team or a place that is not there any more."""
    lost: dict[str, str] = {}
    for rule in rules:
        if not rule.enabled:
            continue
        for _, kind, code in _unknown_parts(rule, known):
            if kind not in _MAY_BE_MISSED:
                lost.setdefault(rule.code, f"unknown-{kind}: {code}")
    return lost


def _unknown_parts(rule: Rule, known: Known) -> Iterator[tuple[str, Kind, str]]:
    """Yield the pointer to each part of a rule that names what is not there, what it is, and its code."""
    there: Mapping[Kind, Collection[str]] = {
        "team": known.teams,
        "skill": known.skills,
        "grid": known.grids,
        "community": known.communities,
    }
    for pointer, kind, code in _named(rule):
        if code is not None and code not in there[kind] and (kind, code) != ("team", DUTY_DESK):
            yield pointer, kind, code
    configured: Sequence[tuple[str, Kind, Sequence[str], Collection[str]]] = (
        ("/when/categories", "category", rule.when.categories, known.categories),
        ("/when/sources", "source", rule.when.sources, known.sources),
    )
    for pointer, kind, codes, told in configured:
        for index, code in enumerate(codes if told else ()):
            if code not in told:
                yield f"{pointer}/{index}", kind, code


def _named(rule: Rule) -> Iterator[tuple[str, Kind, str | None]]:
    yield "/then/team", "team", rule.then.team
    yield "/then/skill", "skill", rule.then.skill
    lists: Sequence[tuple[str, Kind, Sequence[str]]] = (
        ("/then/supporting", "team", rule.then.supporting),
        ("/when/grids", "grid", rule.when.grids),
        ("/when/communities", "community", rule.when.communities),
    )
    for pointer, kind, codes in lists:
        for index, code in enumerate(codes):
            yield f"{pointer}/{index}", kind, code


def _are_apart(when: When, known: Known) -> bool:
    inside = {known.grids.get(grid) for grid in when.grids}
    return bool(inside and when.communities) and None not in inside and inside.isdisjoint(when.communities)


def _are_without_grids(when: When, known: Known) -> bool:
    """Say whether the communities are there and no place lies in them: it is its grid that says where a place lies."""
    there = set(known.communities).issuperset(when.communities)
    return bool(when.communities) and there and set(known.grids.values()).isdisjoint(when.communities)


def _are_otherwise(when: When, known: Known) -> bool:
    """Say whether it is certain of each source that it is not `proactive` as asked."""
    if when.proactive is None or not when.sources:
        return False
    return all(known.sources.get(source) is (not when.proactive) for source in when.sources)


def _idle(rule: Rule) -> Iterator[Finding]:
    then = rule.then
    if not (then.team or then.supporting or then.grid_supports or then.grade or then.skill or then.stop):
        yield "/then", "rule-without-effect", {}
    if then.team is not None and then.team in then.supporting:
        yield f"/then/supporting/{then.supporting.index(then.team)}", "supports-itself", {}


def _contradictions(when: When) -> Iterator[Finding]:
    for index, window in enumerate(when.times):
        if window.begins is not None and window.begins == window.ends:
            yield f"/when/times/{index}", "window-empty", {}
    for index, area in enumerate(when.areas):
        flaw = flaw_of(shape_of(area))
        if flaw is not None:
            lon, lat = flaw.at or (None, None)
            yield f"/when/areas/{index}", "shape-invalid", {"reason": flaw.reason, "lon": lon, "lat": lat}
    if when.confidence is not None and _is_empty(when.confidence.at_least, when.confidence.at_most):
        yield "/when/confidence", "range-empty", {}
    yield from _contradicting_tests(when.attributes)


def _contradicting_tests(tests: Sequence[AttributeTest]) -> Iterator[Finding]:
    """Yield ranges that hold no number, and tests that no value can pass together with those before it."""
    for index, test in enumerate(tests):
        if _is_empty(test.at_least, test.at_most):
            yield f"/when/attributes/{index}", "range-empty", {}
        elif (test.exists is False and asks_for_value(test)) or not _can_hold(
            [other for other in tests[: index + 1] if other.name == test.name]
        ):
            yield f"/when/attributes/{index}", "attributes-contradict", {"name": test.name}


def _can_hold(tests: Sequence[AttributeTest]) -> bool:
    if len({is_needed(test) for test in tests}) > 1:
        return False
    listing = next((test for test in tests if test.among), None)
    if listing is not None:
        return any(all(holds(test, value) for test in tests) for value in listing.among)
    lows = [test.at_least for test in tests if test.at_least is not None]
    highs = [test.at_most for test in tests if test.at_most is not None]
    return not _is_empty(max(lows, default=None), min(highs, default=None))


def _is_empty(at_least: float | None, at_most: float | None) -> bool:
    return at_least is not None and at_most is not None and at_least > at_most


def _shadowed(rules: Sequence[Rule]) -> Iterator[RuleFault]:
    """Yield rules whose turn never comes: an earlier one fits whenever they do, and ends the search."""
    ending: list[Rule] = []
    for place, rule in enumerate(rules):
        if not rule.enabled:
            continue
        earlier = next((one for one in ending if covers(one.when, rule.when)), None)
        if earlier is not None:
            yield RuleFault(place, "", "rule-shadowed", {"by": earlier.code})
        elif rule.then.stop:
            ending.append(rule)
