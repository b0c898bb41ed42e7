"""A version of the configuration as reports are judged by it: every item with what it has from the levels above."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from contracts.events import HandlingMode
from intake_service.domain.configuration.duty_limits import limits_of_items
from intake_service.domain.configuration.items import (
    Bilingual,
    Category,
    Configuration,
    DutyItem,
    Gate,
    Limit,
    Limits,
    List,
    Question,
    Source,
    ancestors,
)
from intake_service.domain.source_rules import Detail

Standing = Literal["active", "not_yet", "retired"]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something is there; None: open."""

    begins: datetime | None = None
    ends: datetime | None = None

    def at(self, moment: datetime) -> Standing:
        """Say how it stands at `moment`."""
        if self.ends is not None and moment >= self.ends:
            return "retired"
        return "not_yet" if self.begins is not None and moment < self.begins else "active"

    def within(self, other: "Span") -> "Span":
        """Return the part of it that is in `other` too."""
        begins = [each for each in (self.begins, other.begins) if each is not None]
        ends = [each for each in (self.ends, other.ends) if each is not None]
        return Span(max(begins, default=None), min(ends, default=None))


ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class KnownCategory:
    """A category with what it has from those above it."""

    code: str
    zh: str
    en: str
    list: List
    legal_basis: str | None
    handling_mode: HandlingMode | None
    limits: Limits
    gates: tuple[Gate, ...] | None
    """None: as the closing rules of the ledger have it."""
    needs_photo: bool
    advice: Bilingual | None
    questions: tuple[Question, ...]
    span: Span

    @property
    def parent(self) -> str | None:
        """The code of the category above, None at the top."""
        return self.code.rpartition(".")[0] or None

    @property
    def is_plain(self) -> bool:
        """Whether a report of it needs no more than the category itself."""
        return self.span is ALWAYS and not (self.questions or self.needs_photo or self.advice)


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source with sets to look into."""

    code: str
    zh: str
    en: str
    proactive: bool
    roles: frozenset[str]
    takes: frozenset[Detail]
    demands: frozenset[Detail]
    demands_of: Mapping[str, frozenset[Detail]]
    """By role, what must be said too."""
    span: Span

    def demanded_of(self, roles: frozenset[str]) -> frozenset[Detail]:
        """Return what a caller with `roles` must say: of what their roles demand, what each one does."""
        if not self.demands_of:
            return self.demands
        of_each = [self.demands_of.get(role, frozenset()) for role in roles & self.roles]
        return self.demands.union(frozenset.intersection(*of_each)) if of_each else self.demands


class Reference:
    """A version of a tenant's configuration, ready to be asked."""

    def __init__(self, version: int, configuration: Configuration) -> None:
        """`configuration` has no flaws."""
        self.version = version
        self.configuration = configuration
        known = {each.code: each for each in configuration.categories}
        brought = limits_of_items(configuration)
        self.categories: Mapping[str, KnownCategory] = {
            each.code: _category(each, known, brought) for each in _in_order(configuration.categories)
        }
        """Parents before children."""
        self.sources: Mapping[str, KnownSource] = {each.code: _source(each) for each in configuration.sources}

    @cached_property
    def duty_items(self) -> Mapping[str, DutyItem]:
        """The items of both lists, by code."""
        return {each.code: each for each in self.configuration.duty_items}

    def is_active(self, category: str, at: datetime) -> bool:
        """Say whether there is such a category, in force at that time, of which reports are taken."""
        found = self.categories.get(category)
        return found is not None and (found.span is ALWAYS or found.span.at(at) == "active") and found.advice is None


def _in_order(categories: Iterable[Category]) -> Iterator[Category]:
    below: dict[str | None, list[Category]] = defaultdict(list)
    for each in categories:
        below[each.parent].append(each)
    waiting = below[None][::-1]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += below[each.code][::-1]


def _category(category: Category, known: dict[str, Category], brought: Mapping[str, Limit]) -> KnownCategory:
    line = [category, *ancestors(category, known)]
    span = ALWAYS
    for each in line:
        if each.active_from is not None or each.active_to is not None:
            span = Span(each.active_from, each.active_to).within(span)
    return KnownCategory(
        code=category.code,
        zh=category.zh,
        en=category.en,
        list=next((each.list for each in line if each.list is not None), "management"),
        legal_basis=next((each.legal_basis for each in line if each.legal_basis is not None), None),
        handling_mode=next((each.handling_mode for each in line if each.handling_mode is not None), None),
        limits=Limits(
            accept=next((each.limits.accept for each in line if each.limits.accept is not None), None),
            on_site=next((each.limits.on_site for each in line if each.limits.on_site is not None), None),
            resolve=next((limit for each in line if (limit := each.limits.resolve or brought.get(each.code))), None),
        ),
        gates=next((each.gates for each in line if each.gates is not None), None),
        needs_photo=next((each.needs_photo for each in line if each.needs_photo is not None), False),
        advice=next((each.advice for each in line if each.advice is not None), None),
        questions=tuple(question for each in reversed(line) for question in each.questions),
        span=span,
    )


def _source(source: Source) -> KnownSource:
    given = source.active_from is not None or source.active_to is not None
    return KnownSource(
        code=source.code,
        zh=source.zh,
        en=source.en,
        proactive=source.proactive,
        roles=frozenset(source.roles),
        takes=frozenset(source.takes),
        demands=frozenset(source.demands),
        demands_of={role: frozenset(details) for role, details in source.demands_of.items()},
        span=Span(source.active_from, source.active_to) if given else ALWAYS,
    )
