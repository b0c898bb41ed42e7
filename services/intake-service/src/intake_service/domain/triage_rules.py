"""Triage rules 甄别规则 of a tenant: what makes a report suspect, and whether it waits for somebody to look at it.

There are no patterns to write: words are looked for as they are, so no rule can take long.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StrictFloat, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from intake_service.domain.configuration.items import CategoryCode, Code, Dated, Item, Name
from intake_service.domain.configuration.reference import Reference
from intake_service.domain.flaws import Flaw
from intake_service.domain.recent_reports import By, letters
from intake_service.domain.zones import Hours as ZoneHours
from intake_service.domain.zones import Polygon

MOST_RULES = 100
MOST_WORDS = 1000
"""Of all rules of a tenant together."""
LEAST_LETTERS = 2
MOST_REPORTS = 150
Reason = Literal["unclear", "out_of_scope", "abusive", "spam", "other"]
"""Why somebody should look at it."""
Action = Literal["flag", "hold"]
"""It is in the queue while work goes on; or it waits there first."""
Hours = Annotated[StrictInt, Field(ge=1, le=24)]
Share = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]


class _Rule(Dated):
    """What every rule has."""

    code: Code
    zh: Name
    en: Name
    reason: Reason
    action: Action = "flag"

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.active_from is not None and self.active_to is not None and self.active_from >= self.active_to:
            raise PydanticCustomError("rule-never-active", "It ends before it begins")
        return self

    def is_active(self, at: datetime) -> bool:
        """Whether it is in force at a moment."""
        begun = self.active_from is None or at >= self.active_from
        return begun and (self.active_to is None or at < self.active_to)


class WordsRule(_Rule):
    """The text has one of the words or phrases; letters and digits count, whatever stands between them."""

    kind: Literal["words"]
    words: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _has_letters(self) -> Self:
        for word in self.words:
            if len(letters(word)) < LEAST_LETTERS:
                raise PydanticCustomError("word-too-short", "Too few letters", {"given": word, "least": LEAST_LETTERS})
        return self


class LinksRule(_Rule):
    """The text has more links than so many."""

    kind: Literal["links"]
    more_than: Annotated[StrictInt, Field(ge=0, le=50)]


class RepeatedRule(_Rule):
    """One phone, device or account has sent the same text so many times within so many hours, this one included."""

    kind: Literal["repeated_text"]
    by: By
    times: Annotated[StrictInt, Field(ge=2, le=MOST_REPORTS)]
    hours: Hours


class FrequentRule(_Rule):
    """One phone, device or account has reported more than so often within so many hours, this one included."""

    kind: Literal["too_many"]
    by: By
    more_than: Annotated[StrictInt, Field(ge=1, le=MOST_REPORTS)]
    hours: Hours


class AdvisedRule(_Rule):
    """No category was given, and the one that is suggested has an advice: it is none for the units."""

    kind: Literal["advised_category"]
    confidence_from: Share = 0.5


class UnclearRule(_Rule):
    """No category was given, and the model is less sure than this what it is about."""

    kind: Literal["unsure_category"]
    confidence_below: Share


class ZoneRule(_Rule):
    """The place lies in the zone 管控区域; with hours, only then, and with categories, only of these 限报."""

    kind: Literal["zone"]
    area: Polygon
    hours: ZoneHours | None = None
    categories: Annotated[
        tuple[CategoryCode, ...], Field(max_length=50, description="Each stands for those below it; none given: all.")
    ] = ()


Rule = Annotated[
    WordsRule | LinksRule | RepeatedRule | FrequentRule | AdvisedRule | UnclearRule | ZoneRule,
    Field(discriminator="kind"),
]


class TriageRules(Item):
    """All rules, and for how long what they hold waits at most."""

    rules: Annotated[list[Rule], Field(max_length=MOST_RULES)]
    hold_minutes: Annotated[
        StrictInt, Field(ge=5, le=10_080, description="After that it goes on by itself: nothing is left lying.")
    ] = 240

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        codes: set[str] = set()
        for rule in self.rules:
            if rule.code in codes:
                raise PydanticCustomError("rule-twice", "A code is given twice", {"given": rule.code})
            codes.add(rule.code)
        if sum(len(rule.words) for rule in self.rules if isinstance(rule, WordsRule)) > MOST_WORDS:
            raise PydanticCustomError("too-many-words", "Too many words", {"most": MOST_WORDS})
        return self

    def content(self) -> dict[str, Any]:
        """Return them fit for JSON."""
        return self.model_dump(mode="json", exclude_none=True)


def flaws(rules: TriageRules, reference: Reference, at: datetime) -> Iterator[Flaw]:
    """Yield the categories of zones that `reference` does not have, or that are retired at that moment."""
    for number, rule in enumerate(rules.rules):
        for place, code in enumerate(rule.categories if isinstance(rule, ZoneRule) else ()):
            pointer, known = f"/rules/{number}/categories/{place}", reference.categories.get(code)
            if known is None:
                yield Flaw(pointer, "unknown-category", code)
            elif known.span.at(at) == "retired":
                yield Flaw(pointer, "category-retired", code)


@cache
def shipped() -> TriageRules:
    """Return the rules that count until a tenant publishes its own; they hold nothing."""
    text = files("intake_service.domain").joinpath("data/triage_rules.yaml").read_text("utf-8")
    return TriageRules.model_validate(yaml.safe_load(text))
