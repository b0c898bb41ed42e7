"""What is wrong with a configuration whose items are each well-formed."""

from collections.abc import Iterator, Sequence
from datetime import date

from intake_service.domain.configuration.duty_limits import flaws_of_limits
from intake_service.domain.configuration.items import (
    Category,
    Configuration,
    Dated,
    Question,
    Source,
    ancestors,
    exceeds,
)
from intake_service.domain.flaws import Flaw

CHOOSING = frozenset({"single_choice", "multiple_choice"})


def flaws_of(configuration: Configuration) -> Iterator[Flaw]:
    """Yield all that is wrong between the items, and within those whose parts contradict one another."""
    yield from _twice("/categories", [each.code for each in configuration.categories])
    yield from _twice("/duty_items", [each.code for each in configuration.duty_items])
    yield from _twice("/sources", [each.code for each in configuration.sources])
    yield from _flaws_of_categories(configuration)
    known = {each.code for each in configuration.categories}
    for place, item in enumerate(configuration.duty_items):
        if item.category is not None and item.category not in known:
            yield Flaw(f"/duty_items/{place}/category", "unknown-category", item.category)
        yield from _flaws_of_time(f"/duty_items/{place}", item)
    yield from flaws_of_limits(configuration)
    for place, source in enumerate(configuration.sources):
        yield from _flaws_of_time(f"/sources/{place}", source)
        yield from _flaws_of_details(f"/sources/{place}", source)


def _flaws_of_categories(configuration: Configuration) -> Iterator[Flaw]:
    known = {each.code: each for each in configuration.categories}
    for place, category in enumerate(configuration.categories):
        pointer = f"/categories/{place}"
        if category.parent is not None and category.parent not in known:
            yield Flaw(f"{pointer}/code", "parent-missing", category.parent)
        yield from _flaws_of_time(pointer, category)
        yield from _flaws_of_questions(pointer, category, known)
        if category.gates and len(set(category.gates)) < len(category.gates):
            yield Flaw(f"{pointer}/gates", "category-gate-twice")


def _flaws_of_details(pointer: str, source: Source) -> Iterator[Flaw]:
    demanded = [("demands", source.demands), *((f"demands_of/{role}", of) for role, of in source.demands_of.items())]
    for name, details in demanded:
        for place, detail in enumerate(details):
            if detail not in source.takes:
                yield Flaw(f"{pointer}/{name}/{place}", "demands-what-it-does-not-take", detail)
    for role in source.demands_of:
        if role not in source.roles:
            yield Flaw(f"{pointer}/demands_of/{role}", "role-not-of-source", role)


def _twice(pointer: str, codes: Sequence[str], field: str = "code") -> Iterator[Flaw]:
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield Flaw(f"{pointer}/{place}/{field}", "code-twice", code)
        seen.add(code)


def _flaws_of_time(pointer: str, item: Dated) -> Iterator[Flaw]:
    if item.active_from is not None and item.active_to is not None and item.active_to <= item.active_from:
        yield Flaw(f"{pointer}/active_to", "active-reversed")


def _flaws_of_questions(pointer: str, category: Category, known: dict[str, Category]) -> Iterator[Flaw]:
    above = {question.name for each in ancestors(category, known) for question in each.questions}
    yield from _twice(f"{pointer}/questions", [each.name for each in category.questions], "name")
    for place, question in enumerate(category.questions):
        if question.name in above:
            yield Flaw(f"{pointer}/questions/{place}/name", "question-asked-above", question.name)
        yield from _flaws_of_question(f"{pointer}/questions/{place}", question)


def _flaws_of_question(pointer: str, question: Question) -> Iterator[Flaw]:
    chooses = question.type in CHOOSING
    if chooses and not question.choices:
        yield Flaw(f"{pointer}/choices", "choices-missing", question.name)
    if question.choices and not chooses:
        yield Flaw(f"{pointer}/choices", "choices-of-no-choice", question.type)
    yield from _twice(f"{pointer}/choices", [each.code for each in question.choices])
    yield from _flaws_of_range(pointer, question)
    codes = {each.code for each in question.choices}
    for place, stop in enumerate(question.stops):
        fits = isinstance(stop.answer, bool) if question.type == "yes_no" else stop.answer in codes
        if not fits:
            yield Flaw(f"{pointer}/stops/{place}/answer", "stop-not-an-answer", str(stop.answer))


def _flaws_of_range(pointer: str, question: Question) -> Iterator[Flaw]:
    given = [(name, bound) for name, bound in (("min", question.min), ("max", question.max)) if bound is not None]
    wrong = [name for name, bound in given if not _bounds(question, bound)]
    for name in wrong:
        yield Flaw(f"{pointer}/{name}", "bound-of-wrong-type", question.type)
    if not wrong and exceeds(question.min, question.max):
        yield Flaw(f"{pointer}/max", "range-empty")


def _bounds(question: Question, bound: float | date) -> bool:
    """Say whether answers of the question's type can be measured by it."""
    match question.type:
        case "number":
            return not isinstance(bound, date)
        case "text" | "multiple_choice":
            return isinstance(bound, int) and bound >= 0
        case "date":
            return isinstance(bound, date)
        case _:
            return False
