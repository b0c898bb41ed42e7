"""The bulletin 通报: a paragraph that says what was done in a period, for the public and for superiors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from ledger_service.domain.activity import Count
from ledger_service.domain.activity_kinds import Kind, kinds
from ledger_service.domain.names import Labels

BulletinLanguage = Literal["zh", "en"]
_KINDS = {"community": "社区", "team": "网格队"}


@dataclass(frozen=True)
class Scope:
    """What a bulletin is about: two days, both included, and where; None is everywhere and everybody."""

    first: date
    last: date
    community: str | None = None
    team: str | None = None


@dataclass(frozen=True)
class Figure:
    """The sum of a kind."""

    kind: Kind
    count: Count


def figures(sums: Mapping[str, Count]) -> Sequence[Figure]:
    """Return what is to be said, in the order of the kinds; what did not happen is left out.

    A kind that a later release has taken from its list is not said either.
    """
    return [Figure(kind, sums[code]) for code, kind in kinds().items() if sums.get(code, Count(0, 0)).activities]


def write(scope: Scope, found: Sequence[Figure], language: BulletinLanguage, labels: Labels) -> str:
    """Return the paragraph; where nothing was done it says so. Communities and teams are called as `labels` knows."""
    groups = [list(each) for _, each in groupby(found, key=lambda figure: figure.kind.group)]
    places = (("community", scope.community, labels.communities), ("team", scope.team, labels.teams))
    named = [(kind, code, names.get(code)) for kind, code, names in places if code is not None]
    if language == "en":
        return _english(scope, groups, [f"{kind} {label.en if label else code}" for kind, code, label in named])
    return _chinese(scope, groups, [label.zh if label else f"{_KINDS[kind]} {code}" for kind, code, label in named])


def _chinese(scope: Scope, groups: Sequence[Sequence[Figure]], places: Sequence[str]) -> str:
    first, last = _chinese_day(scope.first), _chinese_day(scope.last)
    where = "，".join((first if scope.first == scope.last else f"{first}至{last}", *places))
    if not groups:
        return f"{where}，没有登记任何活动。"
    said = ["，".join(each.kind.counted.zh.format(n=each.count.quantity) for each in group) for group in groups]
    return f"{where}，{'；'.join(said)}。"


def _english(scope: Scope, groups: Sequence[Sequence[Figure]], places: Sequence[str]) -> str:
    first, last = _english_day(scope.first), _english_day(scope.last)
    where = ", ".join((f"On {first}" if scope.first == scope.last else f"From {first} to {last}", *places))
    if not groups:
        return f"{where}: no activity was recorded."
    return f"{where}: {'; '.join(_listed([_counted(each) for each in group]) for group in groups)}."


def _counted(figure: Figure) -> str:
    quantity = figure.count.quantity
    return figure.kind.one if quantity == 1 else figure.kind.counted.en.format(n=f"{quantity:,}")


def _listed(clauses: Sequence[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"


def _chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _english_day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
