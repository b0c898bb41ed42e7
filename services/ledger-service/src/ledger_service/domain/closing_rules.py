"""What a tenant wants of closings 结案: which gates, which evidence, which calls, and what follows a bad word.

Rules are asked in order, and the first that fits decides; which gates, its category may say where the rule does not. A
complaint's round keeps the version that was in force when the round began.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from contracts.categories import is_within, levels_of
from contracts.closing_events import VerificationMethod

SETTLING = timedelta(seconds=2)
"""A version is in force from so long after it was put: by then every replica sees it, so none goes by an older one."""
Methods = tuple[VerificationMethod, ...]
BY_HAND: Methods = ("on_site", "photo", "call")
"""How people verify."""
AfterBadWord = Literal["none", "review", "reopen"]
"""Nothing, a supervisor looks at it, or another round at once."""
QuestionType = Literal["yes_no", "choice", "text", "scale"]
Answer = str | float | bool


class Gate(StrEnum):
    """What may have to be passed before a complaint is closed."""

    VERIFICATION = "verification"
    """核查: somebody other than the worker finds the result good."""
    FOLLOW_UP = "follow_up"
    """回访: the reporter says on the phone that it is solved."""


Gates = tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One of the script that callers go by."""

    code: str
    zh: str
    en: str
    type: QuestionType
    choices: tuple[str, ...] = ()
    """Of a `choice`."""
    highest: int = 5
    """Of a `scale`, which begins at 1."""
    required: bool = False

    def fits(self, answer: Answer) -> bool:
        """Say whether it may be answered so."""
        match self.type:
            case "yes_no":
                return isinstance(answer, bool)
            case "choice":
                return answer in self.choices
            case "scale":
                is_whole = not isinstance(answer, bool | str) and answer == int(answer)
                return is_whole and 1 <= float(answer) <= self.highest
            case _:
                return isinstance(answer, str) and answer != ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a passed verification has to show."""

    methods: Methods = BY_HAND
    photos: int = 0
    """How many at least."""
    position: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """How reporters are called."""

    due_hours: int = 24
    attempts: int = 3
    """After so many calls the reporter counts as not reached."""
    unreachable: Literal["pass", "supervisor"] = "pass"
    """What becomes of the gate then."""
    sampled_percent: int = 0
    """Of the closed complaints that no gate has called for: how many are called."""
    script: tuple[Question, ...] = ()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Read them from JSON."""
        script = tuple(
            Question(**{**each, "choices": tuple(each.get("choices", ()))}) for each in content.get("script", ())
        )
        return cls(**{**content, "script": script})


@dataclass(frozen=True, slots=True)
class Rule:
    """How complaints of a category and of some sources are closed; without any setting, as they always were."""

    category: str | None = None
    """With all levels below it; None: whatever the category."""
    sources: tuple[str, ...] = ()
    """None of them: whatever the source."""
    gates: Gates = (Gate.VERIFICATION,)
    """Without `verification`, every result is verified by rule."""
    gates_of_category: bool = True
    """Where the category says its gates, those count in place of `gates`."""
    self_handled_by_rule: bool = True
    """What was handled on the spot 自处理 is verified by rule."""
    evidence: Evidence = field(default_factory=Evidence)
    calls: Calls = field(default_factory=Calls)
    after_bad_word: AfterBadWord = "none"
    review_hours: int = 48
    """Within which a supervisor has looked at a bad word."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Read it from JSON."""
        evidence, gates = content.get("evidence", {}), content.get("gates")
        parts = {
            "sources": tuple(content.get("sources", ())),
            "gates": (Gate.VERIFICATION,) if gates is None else tuple(map(Gate, gates)),
            "gates_of_category": gates is None,
            "evidence": Evidence(**{**evidence, "methods": tuple(evidence.get("methods", BY_HAND))}),
            "calls": Calls.of(content.get("calls", {})),
        }
        return cls(**{**content, **parts})

    def fits(self, category: str | None, source: str) -> bool:
        """Say whether complaints of the category from the source go by it."""
        if self.sources and source not in self.sources:
            return False
        return self.category is None or is_within(category, self.category)

    def with_gates(self, gates: Gates | None) -> "Rule":
        """Return it for a category that says these gates, None for none; whom a gate calls, no sample does."""
        if gates is None or not self.gates_of_category:
            return self
        calls = replace(self.calls, sampled_percent=0) if Gate.FOLLOW_UP in gates else self.calls
        return replace(self, gates=gates, calls=calls)

    def is_verified_by_rule(self, *, self_handled: bool) -> bool:
        """Say whether nobody has to look at a result."""
        return Gate.VERIFICATION not in self.gates or (self_handled and self.self_handled_by_rule)


DEFAULT = Rule()
"""What counts where no rule of the tenant fits."""


@dataclass(frozen=True, slots=True)
class Version:
    """Rules as a tenant put them once."""

    number: int
    in_force_from: datetime
    rules: tuple[Rule, ...]
    gates: Mapping[str, Gates] = field(default_factory=dict)
    """What categories said then, by code; those below go by it too unless they say their own."""

    def rule(self, category: str | None, source: str) -> Rule:
        """Return what a complaint of the category from the source goes by."""
        found = next((rule for rule in self.rules if rule.fits(category, source)), DEFAULT)
        levels = levels_of(category)
        return found.with_gates(next((self.gates[level] for level in levels if level in self.gates), None))


class RuleBook:
    """All versions of a tenant's rules."""

    def __init__(self, versions: Sequence[Version] = ()) -> None:
        """`versions` come in order."""
        self._versions = versions
        self._beginnings = [version.in_force_from for version in versions]
        self._by_number = {version.number: version for version in versions}
        self._found: dict[tuple[int, str | None, str], Rule] = {}

    def version_at(self, moment: datetime) -> int:
        """Return the number of the version that was in force; 0 where the tenant had put none."""
        place = bisect_right(self._beginnings, moment)
        return self._versions[place - 1].number if place else 0

    def rule(self, version: int, category: str | None, source: str) -> Rule:
        """Return what a complaint of the category from the source goes by in `version`."""
        key = (version, category, source)
        found = self._found.get(key)
        if found is None:
            known = self._by_number.get(version)
            found = self._found[key] = DEFAULT if known is None else known.rule(category, source)
        return found
