"""What becomes of the suggestion of a category when a complaint comes in without one."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Self

from prometheus_client import Counter

from intake_service.domain.configuration.reference import Reference
from intake_service.domain.report import Report, suits
from intake_service.service.asked_suggestions import AskedSuggestions
from intake_service.service.classifying import OPEN, Classifier, Suggestion, load, shipped
from intake_service.service.judging import refuse_out_of_scope
from runtime.auth import Caller
from runtime.settings import RuntimeSettings

SUGGESTIONS = Counter(
    "jieban_category_suggestions_total",
    "Suggestions for complaints that were accepted, by category and whether it was taken",
    ["category", "taken"],
)


@dataclass(frozen=True, slots=True)
class Settled:
    """The category of a complaint, None where it is left open, and what was suggested, None where nothing was."""

    category: str | None
    suggestion: Suggestion | None = None

    def count(self) -> None:
        """Count the suggestion; to be called once the complaint is stored."""
        if self.suggestion is not None:
            SUGGESTIONS.labels(self.suggestion.code, str(self.category == self.suggestion.code).lower()).inc()


@dataclass(frozen=True, slots=True)
class Categoriser:
    """Suggests, and decides which suggestions are taken."""

    classifier: Classifier
    takes_from: float | None
    """The confidence from which a suggestion becomes the category; None: never."""
    asked: AskedSuggestions = field(default_factory=AskedSuggestions)
    """What was suggested to those who asked before they filed."""

    @classmethod
    def of(cls, settings: RuntimeSettings) -> Self:
        """Return the one that `settings` ask for. ValueError where the model that they name is none."""
        classifier = load(settings.category_model) if settings.category_model else shipped()
        threshold = settings.category_threshold if settings.category_threshold is not None else classifier.threshold
        return cls(classifier, threshold if settings.category_adoption else None)

    def suggest(self, description: str, caller: Caller, reference: Reference, now: datetime) -> list[Suggestion]:
        """Return the three likeliest of the categories that are in force, likeliest first."""
        found = self.classifier.suggest(description, is_open=partial(reference.is_active, at=now))
        if found:
            self.asked.add(caller, description, found[0], now)
        return found

    def settle(self, report: Report, caller: Caller, reference: Reference, now: datetime) -> Settled:
        """Return the category that was given, else the suggestion where it is sure enough and not `other`.

        One that would refuse the report for lack of an answer or a photo is only suggested, and left to operators.
        With one that was given comes what was suggested for the text, where the caller had asked. Raises Problem where
        an answer puts the report out of the scope of what it would be.
        """
        if report.category is not None:
            return Settled(report.category, self.asked.of(caller, report.description, now))
        is_open = partial(reference.is_active, at=now)
        suggestion = next(iter(self.classifier.suggest(report.description, 1, is_open=is_open)), None)
        if suggestion is None:
            return Settled(None)
        sure = self.takes_from is not None and suggestion.confidence >= self.takes_from
        if not sure or suggestion.code == OPEN:
            return Settled(None, suggestion)
        named = replace(report, category=suggestion.code)
        refuse_out_of_scope(named, reference)
        return Settled(named.category if suits(named, now, reference) else None, suggestion)

    def count(self, settled: Settled, report: Report, caller: Caller) -> None:
        """Count a suggestion, once; to be called when the complaint is stored."""
        settled.count()
        self.asked.forget(caller, report.description)
