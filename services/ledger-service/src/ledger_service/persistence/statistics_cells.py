"""Reads figures: sums of roll-up cells, and of what entries have changed since the last was added to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.cubes import Cube, Dimension, Grain, Period, Piece
from ledger_service.domain.durations import SIZE
from ledger_service.domain.facts import Exclusion
from ledger_service.domain.indicators import Sums
from ledger_service.domain.tally import FIRST_DURATION, Counter
from ledger_service.persistence.statistics_folding import DAY_OF_MARK, DAY_OF_RECORDING, DURATION_PLACE

Key = tuple[Any, ...]
"""The first day of the step, where there are steps, and the codes of the dimensions."""
_FILING = (Counter.RECEIVED, Counter.VOIDED, Counter.REJECTED)
_WORD = range(Counter.FOLLOWED_UP, Counter.BASICALLY_SATISFIED + 1)
_MISSED = range(Counter.MISSED, Counter.MISSED_REWORKED + 1)
_UNITS = {Grain.DAY: "day", Grain.MONTH: "month", Grain.YEAR: "year"}


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
    """Only what was recorded by the end of this day; None is everything."""
    step: Grain | None = None
    by: tuple[Dimension, ...] = ()
    filters: Mapping[Dimension, str] = field(default_factory=dict)
    exclusions: bool = True
    with_durations: bool = False

    def pieces(self) -> Sequence[Piece]:
        """Return which cells are summed up; the days that are not over by themselves."""
        coarsest = self.step or Grain.YEAR
        end = min(self.period.last, self.over)
        rest = Period(max(self.period.first, self.over + timedelta(days=1)), self.period.last)
        whole = Period(self.period.first, end)
        return [
            *whole.pieces(coarsest=coarsest, as_of=self.as_of),
            *rest.pieces(coarsest=Grain.DAY, as_of=self.as_of),
        ]


async def sums(connection: AsyncConnection, question: Question, *, most: int) -> Mapping[Key, Sums]:
    """Return the sums by step and dimensions; those of more than `most` keys are cut off.

    Both statements must see the same: the transaction is one that reads repeatably.
    """
    found: dict[Key, Sums] = {}
    if question.pieces():
        await _add_cells(connection, question, found, most)
    await _add_changes(connection, question, found)
    return {key: found[key] for key in list(found)[:most]}


async def _add_cells(connection: AsyncConnection, question: Question, found: dict[Key, Sums], most: int) -> None:
    statement, parameters = select_cells(question)
    keys = len(_labels(question))
    for row in await connection.execute(sa.text(statement), {**parameters, "most": most}):
        counts = [int(each) for each in row[keys : keys + len(Counter)]]
        steps = [int(each or 0) for each in row[keys + len(Counter) :]]
        found[tuple(row[:keys])] = Sums(counts, steps if question.with_durations else None)


async def _add_changes(connection: AsyncConnection, question: Question, found: dict[Key, Sums]) -> None:
    statement, parameters = _changes(question)
    for *key, counter, place, n in await connection.execute(sa.text(statement), parameters):
        line = found.setdefault(tuple(key), Sums.none(with_durations=question.with_durations))
        if counter < FIRST_DURATION:
            line.counts[counter] += int(n)
        elif line.durations is not None:
            line.durations[place - 1] += int(n)


def _labels(question: Question) -> list[str]:
    step = [] if question.step is None else [f"CAST(date_trunc('{_UNITS[question.step]}', day) AS date)"]
    return [*step, *question.by]


def select_cells(question: Question) -> tuple[str, dict[str, Any]]:
    """Return the statement that sums up cells, and its parameters but `most`."""
    parameters = _parameters(question)
    parts = []
    columns = ", ".join(("CAST(period AS timestamp) AS day", *question.by, "exclusions", *map(_column, Counter)))
    for at, piece in enumerate(question.pieces()):
        conditions = [f"grain = {piece.grain:d}", f"period >= :first{at}", f"period < :end{at}"]
        parameters |= {f"first{at}": piece.first, f"end{at}": piece.end}
        if piece.since is not None:
            conditions.append(f"recorded >= :since{at}")
            parameters[f"since{at}"] = piece.since
        if piece.until is not None:
            conditions.append(f"recorded < :until{at}")
            parameters[f"until{at}"] = piece.until
        where = " AND ".join((f"tenant = :tenant AND cube = {question.cube:d}", *conditions, *_filters(question)))
        parts.append(f"SELECT {columns}, durations FROM statistics_cell WHERE {where}")
    totals = [f"coalesce(sum({_column(each)}) FILTER (WHERE {_counts(each, question)}), 0)" for each in Counter]
    if question.with_durations:
        counts = _is_in(Exclusion.TIMELINESS, question)
        totals += [f"sum(durations[{place}]) FILTER (WHERE {counts})" for place in range(1, SIZE + 1)]
    labels = _labels(question)
    group = f"GROUP BY {', '.join(str(at) for at in range(1, len(labels) + 1))}" if labels else ""
    chosen = ", ".join((*labels, *totals))
    return f"SELECT {chosen} FROM ({' UNION ALL '.join(parts)}) AS cell {group} LIMIT :most", parameters


def _changes(question: Question) -> tuple[str, dict[str, Any]]:
    labels = _labels(question)
    conditions = [
        "day BETWEEN :first AND :last",
        f"CASE WHEN counter IN ({', '.join(f'{each:d}' for each in _FILING)}) THEN {_is_in(Exclusion.ALL, question)} "
        f"WHEN counter BETWEEN {_WORD[0]} AND {_WORD[-1]} THEN {_is_in(Exclusion.SATISFACTION, question)} "
        f"ELSE {_is_in(Exclusion.TIMELINESS, question)} END",
        f"(counter NOT BETWEEN {_MISSED[0]} AND {_MISSED[-1]} OR day <= :over)",
        *_filters(question),
    ]
    parameters = _parameters(question) | {
        "zone": question.zone,
        "first": question.period.first,
        "last": question.period.last,
    }
    if question.as_of is not None:
        conditions.append("recorded <= :as_of")
        parameters["as_of"] = question.as_of
    if not question.with_durations:
        conditions.append(f"counter < {FIRST_DURATION}")
    names = "".join(f"{label}, " for label in labels)
    places = ", ".join(str(at) for at in range(1, len(labels) + 3))
    statement = f"""
        SELECT {names} counter, {DURATION_PLACE} AS place, sum(n) FROM (
            SELECT *, CAST({DAY_OF_MARK} AS timestamp) AS day, mark & 255 AS counter, {DAY_OF_RECORDING} AS recorded
            FROM statistics_change CROSS JOIN unnest(marks) AS mark WHERE tenant = :tenant
        ) AS change WHERE {" AND ".join(conditions)} GROUP BY {places} HAVING sum(n) <> 0
    """
    return statement, parameters


def _parameters(question: Question) -> dict[str, Any]:
    values = {f"is_{name}": value for name, value in question.filters.items()}
    return {"tenant": question.tenant, "over": question.over, **values}


def _filters(question: Question) -> list[str]:
    """Return the conditions; a category is meant with all levels below it."""
    return [
        f"({name} = :is_{name} OR starts_with({name}, :is_{name} || '.'))"
        if name is Dimension.CATEGORY
        else f"{name} = :is_{name}"
        for name in question.filters
    ]


def _counts(counter: Counter, question: Question) -> str:
    if counter in _FILING:
        return _is_in(Exclusion.ALL, question)
    if counter in _WORD:
        return _is_in(Exclusion.SATISFACTION, question)
    return _is_in(Exclusion.TIMELINESS, question) + (" AND day <= :over" if counter in _MISSED else "")


def _is_in(excluded: Exclusion, question: Question) -> str:
    """Return the condition that a row is not excluded from such figures."""
    return f"exclusions & {excluded | Exclusion.ALL:d} = 0" if question.exclusions else "TRUE"


def _column(counter: Counter) -> str:
    return counter.name.lower()
