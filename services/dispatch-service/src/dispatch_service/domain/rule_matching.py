"""A rule set, ready to be asked for many complaints at once.

Rules are bits of an integer, the first rule the lowest one. What most rules ask for (category, source, place, time)
is looked up as the bits of all rules that accept it; the tests that are left are made for the rules that are left.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

import shapely

from dispatch_service.domain.limits import levels_of
from dispatch_service.domain.routing import Decision
from dispatch_service.domain.rule_places import Areas, Shape, area_of
from dispatch_service.domain.rule_tests import is_needed, tests_of
from dispatch_service.domain.rule_times import Days, Windows
from dispatch_service.domain.rules import Facts, Rule, Ruling, TimeWindow, combine
from dispatch_service.domain.working_time import SHANGHAI

_KEPT = 5_000
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class RuleSet:
    """The rules of one tenant in one version.

    A rule that cannot be made sense of, or that raises, is switched off: `faults` says why, by its code, and the
    others go on as if it were not there.
    """

    def __init__(
        self,
        version: int,
        rules: Sequence[Rule],
        days: Days,
        *,
        zone: ZoneInfo = SHANGHAI,
        off: Collection[str] = (),
    ) -> None:
        """`rules` are in order; those that are not enabled, or whose code is in `off`, are left out."""
        self.version = version
        self.faults: dict[str, str] = {}
        self._rules = [rule for rule in rules if rule.enabled and rule.code not in off]
        whens = [rule.when for rule in self._rules]
        self._on = (1 << len(self._rules)) - 1
        self._stopping = _bits(rule.then.stop for rule in self._rules)
        self._categories = _Lookup([when.categories for when in whens])
        self._sources = _Lookup([when.sources for when in whens])
        self._proactive = _Lookup([() if when.proactive is None else (when.proactive,) for when in whens])
        self._communities = _Lookup([when.communities for when in whens])
        self._grids = _Lookup([when.grids for when in whens])
        self._anywhere = _bits(not (when.areas or when.circles) for when in whens)
        self._areas = Areas(self._drawn())
        self._anytime = _bits(not when.times for when in whens)
        self._windows = Windows(self._timed(), days, zone)
        self._needing = self._by_needed_attribute()
        self._reading = _bits(bool(when.words) for when in whens)
        self._tests = [tuple(tests_of(when)) for when in whens]
        self._of_category: dict[str | None, int] = {}
        self._rulings: dict[int, Ruling] = {}

    def judge(self, complaints: Sequence[Facts], places: Sequence[Decision]) -> list[Ruling]:
        """Return what the rules say about each complaint, in order; `places` are the grids that they lie in."""
        around = self._areas.around([facts.point for facts in complaints])
        return [
            self._ruling(self._fitting(facts, self._candidates(facts, place, inside)))
            for facts, place, inside in zip(complaints, places, around, strict=True)
        ]

    def _candidates(self, facts: Facts, place: Decision, inside: int) -> int:
        """Return the rules that may still fit when only their tests are left."""
        bits = (
            self._on
            & self._accepting(facts.category)
            & self._sources.of(facts.source)
            & self._proactive.of(facts.proactive)
            & self._communities.of(place.community)
            & self._grids.of(place.grid)
            & (self._anywhere | inside)
        )
        for name, needing in self._needing.items():
            if name not in facts.attributes:
                bits &= ~needing
        if bits & ~self._anytime:
            bits &= self._anytime | self._windows.open_at(facts.received_at)
        return bits

    def _fitting(self, facts: Facts, candidates: int) -> int:
        """Return the rules that fit, up to the first that ends the search."""
        fitting = 0
        text = facts.description.casefold() if candidates & self._reading else ""
        while candidates:
            bit = candidates & -candidates
            candidates ^= bit
            if self._holds(bit, facts, text):
                fitting |= bit
                if bit & self._stopping:
                    break
        return fitting

    def _holds(self, bit: int, facts: Facts, text: str) -> bool:
        place = bit.bit_length() - 1
        try:
            return all(test(facts, text) for test in self._tests[place])
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a rule, no complaint waits for its repair
            self._switch_off(place, f"raised: {type(error).__name__}")
            return False

    def _switch_off(self, place: int, reason: str) -> None:
        self._on &= ~(1 << place)
        self.faults[self._rules[place].code] = reason

    def _accepting(self, category: str | None) -> int:
        """Return the rules that accept a category, one above it, or all."""
        bits = self._of_category.get(category)
        if bits is None:
            bits = 0
            for level in levels_of(category):
                bits |= self._categories.of(level)
            _roomy(self._of_category)[category] = bits
        return bits

    def _ruling(self, fitting: int) -> Ruling:
        """Return one and the same object for the same rules, which is much cheaper to compare."""
        ruling = self._rulings.get(fitting)
        if ruling is None:
            rules = tuple(rule for place, rule in enumerate(self._rules) if fitting >> place & 1)
            ruling = _roomy(self._rulings)[fitting] = combine(rules)
        return ruling

    def _drawn(self) -> list[tuple[Shape, int]]:
        shapes: list[tuple[Shape, int]] = []
        for place, rule in enumerate(self._rules):
            try:
                own: list[Shape] = [area_of(area) for area in rule.when.areas]
            except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.GEOSException):
                self._switch_off(place, "area-invalid")
            else:
                shapes += [(shape, 1 << place) for shape in (*own, *rule.when.circles)]
        return shapes

    def _timed(self) -> dict[TimeWindow, int]:
        windows: dict[TimeWindow, int] = defaultdict(int)
        for place, rule in enumerate(self._rules):
            for window in rule.when.times:
                windows[window] |= 1 << place
        return dict(windows)

    def _by_needed_attribute(self) -> dict[str, int]:
        needing: dict[str, int] = defaultdict(int)
        for place, rule in enumerate(self._rules):
            for test in rule.when.attributes:
                if is_needed(test):
                    needing[test.name] |= 1 << place
        return dict(needing)


class _Lookup:
    """The rules that accept a value; those that ask for none accept all."""

    def __init__(self, asked: Sequence[Collection[object]]) -> None:
        self._open = _bits(not values for values in asked)
        self._accepting: dict[object, int] = {}
        for place, values in enumerate(asked):
            for value in values:
                self._accepting[value] = self._accepting.get(value, self._open) | 1 << place

    def of(self, value: object) -> int:
        return self._accepting.get(value, self._open)


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _roomy(cache: dict[_Key, _Value]) -> dict[_Key, _Value]:
    """Return a cache with room for another entry."""
    if len(cache) >= _KEPT:
        cache.clear()
    return cache
