"""What cannot be meant by closing rules."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contracts.categories import is_within
from ledger_service.domain.closing_rules import Evidence, Gate, Question, Rule
from ledger_service.domain.names import Known


class Flaw(NamedTuple):
    """One thing wrong with a list of rules: where, as a JSON pointer into the list, a code, and what stands there."""

    pointer: str
    code: str
    given: str = ""


def flaws(rules: Sequence[Rule]) -> Iterator[Flaw]:
    """Yield what is wrong with `rules`."""
    for place, rule in enumerate(rules):
        if _is_shadowed(rule, rules[:place]):
            yield Flaw(f"/{place}", "closing-rule-shadowed")
        for flaw in _of_one(rule):
            yield Flaw(f"/{place}{flaw.pointer}", flaw.code)


def unknown_codes(rules: Sequence[Rule], known: Known) -> Iterator[Flaw]:
    """Yield the categories and sources of `rules` that the tenant has not: nothing would ever be of them."""
    for place, rule in enumerate(rules):
        if rule.category is not None and rule.category not in known.categories:
            yield Flaw(f"/{place}/category", "unknown-category", rule.category)
        for number, source in enumerate(rule.sources):
            if source not in known.sources:
                yield Flaw(f"/{place}/sources/{number}", "unknown-source", source)


def _is_shadowed(rule: Rule, before: Sequence[Rule]) -> bool:
    """Say whether everything that fits `rule` fits one before it."""
    covering = [each for each in before if each.category is None or is_within(rule.category, each.category)]
    if any(not each.sources for each in covering):
        return True
    taken = {source for each in covering for source in each.sources}
    return bool(rule.sources) and taken.issuperset(rule.sources)


def _of_one(rule: Rule) -> Iterator[Flaw]:
    if len(set(rule.gates)) < len(rule.gates):
        yield Flaw("/gates", "gate-twice")
    if Gate.VERIFICATION not in rule.gates and rule.evidence != Evidence():
        yield Flaw("/evidence", "evidence-without-verification")
    if Gate.FOLLOW_UP in rule.gates and rule.calls.sampled_percent:
        yield Flaw("/calls/sampled_percent", "sample-beside-gate")
    seen: set[str] = set()
    for place, question in enumerate(rule.calls.script):
        pointer = f"/calls/script/{place}"
        if question.code in seen:
            yield Flaw(f"{pointer}/code", "question-twice")
        seen.add(question.code)
        if not _has_its_choices(question):
            yield Flaw(f"{pointer}/choices", "choices-unfitting")


def _has_its_choices(question: Question) -> bool:
    if question.type != "choice":
        return not question.choices
    return len(question.choices) >= 2 and len(set(question.choices)) == len(question.choices)
