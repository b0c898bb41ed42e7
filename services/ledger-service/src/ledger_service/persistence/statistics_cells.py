"""Reads roll-ups: which cells a question is about, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import (
    KINDS,
    LEVEL_ONE,
    TERMS,
    Cube,
    Dimension,
    Grain,
    Kind,
    Period,
    Piece,
    dimension_of,
)
from ledger_service.domain.deeds import SIZE
from ledger_service.domain.facts import Exclusion
from ledger_service.domain.indicators import Sums
from ledger_service.domain.marks import FIRST_DURATION
from ledger_service.domain.tally import Counter
from ledger_service.persistence.statistics_tables import IDS

Key = tuple[Any, ...]
"""The first day of the step, where there are steps, and the codes of the dimensions."""
_FILING = (Counter.RECEIVED, Counter.VOIDED, Counter.REJECTED, Counter.MERGED)
_WORD = range(Counter.FOLLOWED_UP, Counter.BASICALLY_SATISFIED + 1)
_MISSED = range(Counter.MISSED, Counter.MISSED_REWORKED + 1)
_UNITS = {Grain.DAY: "day", Grain.MONTH: "month", Grain.YEAR: "year"}
TENANT = f"(SELECT id FROM statistics_term WHERE tenant = :tenant AND kind = {Kind.TENANT:d})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be summed up of a tenant's figures."""

    tenant: str
    zone: str
    cube: Cube
    period: Period
    over: date
    """The last day that is over: promises that were missed later do not count yet."""
    as_of: date | None = None
    """Only what was recorded by the end of this day, and no day of the period is later; None is everything."""
    step: Grain | None = None
    by: tuple[str, ...] = ()
    """Of BROKEN_DOWN_BY."""
    filters: Mapping[Dimension, str] = field(default_factory=dict)
    exclusions: bool = True
    with_work: bool = False
    """Times of work and deeds as well."""

    def pieces(self) -> Sequence[Piece]:
        """Return which cells are summed up; the days that are not over by themselves."""
        end = min(self.period.last, self.over)
        rest = Period(max(self.period.first, self.over + timedelta(days=1)), self.period.last)
        return [
            *Period(self.period.first, end).pieces(coarsest=self.step or Grain.YEAR),
            *rest.pieces(coarsest=Grain.DAY),
        ]

    def counts(self, counter: int, exclusions: int, *, is_over: bool) -> bool:
        """Whether what is counted belongs to the answer, by what its complaint is excluded from and by its day."""
        if self.exclusions and exclusions & (_excluded(counter) | Exclusion.ALL):
            return False
        return is_over or counter not in _MISSED

    def filtered(self) -> dict[str, str]:
        """Return the values of what conditions name."""
        return {f"is_{name}": value for name, value in self.filters.items()}


def labels(question: Question) -> list[str]:
    """Return what makes the key of a line, in terms of `day` and the dimensions."""
    step = [] if question.step is None else [f"CAST(date_trunc('{_UNITS[question.step]}', day) AS date)"]
    return [*step, *("split_part(category, '.', 1)" if name == LEVEL_ONE else name for name in question.by)]


def condition(name: Dimension) -> str:
    """Return the condition that a filter is; a category is meant with all levels below it."""
    if name is Dimension.CATEGORY:
        return f"({name} = :is_{name} OR starts_with({name}, :is_{name} || '.'))"
    return f"{name} = :is_{name}"


def conditions(question: Question) -> list[str]:
    """Return which cells or details are meant by the filters, by their terms."""
    found = []
    for kind in KINDS[question.cube]:
        meant = [condition(name) for name in TERMS[kind] if name in question.filters]
        if meant:
            terms = " AND ".join((f"tenant = :tenant AND kind = {kind:d}", *meant))
            found.append(f"{_column(question.cube, kind)} IN (SELECT id FROM statistics_term WHERE {terms})")
    return found


def _column(cube: Cube, kind: Kind) -> str:
    """Return where a cell or a detail has the term of a kind."""
    return kind.name.lower() if cube is Cube.DETAIL else IDS[KINDS[cube].index(kind)]


def kept(question: Question) -> list[str]:
    """Return by what cells or details are summed up: the terms of a line, its step, and what it is excluded from."""
    terms = [f"{_column(question.cube, kind)} AS {kind.name.lower()}_term" for kind in _kinds(question)]
    step = [] if question.step is None else [f"date_trunc('{_UNITS[question.step]}', CAST(period AS timestamp)) AS day"]
    return [*terms, *step, "exclusions"]


def _kinds(question: Question) -> list[Kind]:
    return [kind for kind in KINDS[question.cube] if set(TERMS[kind]) & _dimensions(question)]


def _dimensions(question: Question) -> set[Dimension]:
    return set(map(dimension_of, question.by))


def named(question: Question, found: str, other: Sequence[str]) -> str:
    """Return the query that adds the dimensions to `found`, a query with terms, and the columns `other`."""
    columns, joins = [*other], []
    for kind in _kinds(question):
        term = f"{kind.name.lower()}_term"
        columns += [f"{term}.{name}" for name in TERMS[kind] if name in _dimensions(question)]
        joins.append(f"JOIN statistics_term AS {term} ON {term}.id = found.{term}")
    return f"SELECT {', '.join(columns)} FROM ({found}) AS found {' '.join(joins)}"


async def add_cells(connection: AsyncConnection, question: Question, found: dict[Key, Sums], most: int) -> None:
    """Add what the cells come to, of `most` keys at most."""
    counts, parameters = select_cells(question)
    for *key, sums in await connection.execute(sa.text(f"{counts} LIMIT :most"), {**parameters, "most": most}):
        found.setdefault(tuple(key), Sums.none(with_work=question.with_work)).counts = sums
    if question.with_work:
        times, parameters = select_work(question)
        for *key, sums in await connection.execute(sa.text(f"{times} LIMIT :most"), {**parameters, "most": most}):
            found.setdefault(tuple(key), Sums.none(with_work=True)).work = sums


def select_cells(question: Question) -> tuple[str, dict[str, Any]]:
    """Return the statement that sums up counts, and its parameters."""
    names = [each.name.lower() for each in Counter]
    totals = [f"sum({name}) FILTER (WHERE {_is_in(at, question)})" for at, name in enumerate(names)]
    columns = [
        f"CASE WHEN period <= :over THEN {name} END AS {name}" if at in _MISSED else name
        for at, name in enumerate(names)
    ]
    statement, parameters = _select(question, "statistics_figure", dict(zip(names, columns, strict=True)), totals)
    return statement, parameters | {"over": question.over}


def select_work(question: Question) -> tuple[str, dict[str, Any]]:
    """Return the statement that sums up times of work step by step, and deeds; and its parameters."""
    columns = {f"step_{place}": f"steps[{place}] AS step_{place}" for place in range(1, SIZE + 1)}
    totals = [f"sum({name}) FILTER (WHERE {_is_in(FIRST_DURATION, question)})" for name in columns]
    return _select(question, "statistics_time", columns, totals)


def _select(
    question: Question, table: str, columns: Mapping[str, str], totals: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Return the statement of one array of `totals` of the sums of `columns` by name, and its parameters.

    Cells are summed up by their terms first; only these sums are joined to the dictionary. An array is read at once,
    where columns are read one by one.
    """
    parameters: dict[str, Any] = {"tenant": question.tenant} | question.filtered()
    parts = []
    for at, piece in enumerate(question.pieces()):
        meant = [f"tenant = {TENANT} AND cube = {question.cube:d} AND grain = {piece.grain:d}"]
        meant += [f"period >= :first{at} AND period < :end{at}", *conditions(question)]
        parameters |= {f"first{at}": piece.first, f"end{at}": piece.end}
        chosen = ", ".join(("period", *IDS, "exclusions", *columns.values()))
        parts.append(f"SELECT {chosen} FROM {table} WHERE {' AND '.join(meant)}")
    by, keys = kept(question), labels(question)
    sums = [f"sum({name}) AS {name}" for name in columns]
    cells = (
        f"SELECT {', '.join((*by, *sums))} FROM ({' UNION ALL '.join(parts)}) AS cell "
        f"GROUP BY {', '.join(map(str, range(1, len(by) + 1)))}"
    )
    step = [] if question.step is None else ["day"]
    lines = named(question, cells, [*step, "exclusions", *(f"found.{name}" for name in columns)])
    group = f"GROUP BY {', '.join(map(str, range(1, len(keys) + 1)))}" if keys else ""
    whole = f"CAST(ARRAY[{', '.join(f'coalesce({total}, 0)' for total in totals)}] AS bigint[])"
    return f"SELECT {', '.join((*keys, whole))} FROM ({lines}) AS line {group}", parameters


def _excluded(counter: int) -> Exclusion:
    """Return what takes a complaint out of what is counted; times of work are of timeliness."""
    if counter in _FILING:
        return Exclusion.ALL
    return Exclusion.SATISFACTION if counter in _WORD else Exclusion.TIMELINESS


def _is_in(counter: int, question: Question) -> str:
    return f"exclusions & {_excluded(counter) | Exclusion.ALL:d} = 0" if question.exclusions else "TRUE"
