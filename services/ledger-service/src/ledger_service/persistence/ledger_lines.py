"""Reads the lines of classified ledgers: a page of them, how many there are, or all of one moment by a cursor."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import batches, explained
from eventbus.janitor import first_id_at
from ledger_service.domain.ledger_columns import FACETS, Subject
from ledger_service.domain.ledger_definitions import NO_FILTERS, RUNNING, Definition, Filters
from ledger_service.persistence.categories import within
from ledger_service.persistence.fact_columns import STOPPED_AT
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import activity, ledger_complaint

Expressions = Mapping[str, sa.ColumnElement[Any]]
_APART = timedelta(days=1)
"""No id was made so long before or after its complaint was received, wherever clocks were set meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which lines of which ledger are asked for."""

    tenant: str
    definition: Definition
    at: datetime
    """The moment by which a complaint that is not resolved is late."""
    narrowed: Filters = NO_FILTERS
    """In addition to those of the ledger."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive, so that two periods side by side share no line."""


class Size(NamedTuple):
    """What the database thinks of a selection: how many lines, and what it costs to find them."""

    lines: int
    cost: float


async def page(
    connection: AsyncConnection,
    wanted: Selection,
    columns: Sequence[str],
    *,
    after: tuple[datetime, UUID] | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` lines in the order of time, behind the line `after`, with these columns.

    `when` and `line` of each are its place in the order.
    """
    shelf = _Shelf.of(wanted)
    statement = sa.select(
        *[shelf.expressions[code].label(code) for code in columns],
        shelf.when.label("when"),
        shelf.id.label("line"),
    ).where(*shelf.conditions(wanted))
    if after is not None:
        place = sa.tuple_(*shelf.order)
        end = sa.tuple_(*(sa.literal(value) for value in after[-len(shelf.order) :]))
        statement = statement.where(place < end if wanted.definition.newest_first else place > end)
    rows = await connection.execute(statement.order_by(*_directed(wanted, *shelf.order)).limit(size))
    names = (*columns, "when", "line")
    return [dict(zip(names, row, strict=True)) for row in rows]


async def count(connection: AsyncConnection, wanted: Selection, *, most: int | None = None) -> int:
    """Return how many lines there are; with `most`, no more are counted."""
    lines = every(wanted).limit(most)
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(lines.subquery())) or 0)


async def estimate(connection: AsyncConnection, wanted: Selection) -> Size:
    """Return what the planner expects, without reading a line."""
    plan = await explained(connection, every(wanted))
    return Size(int(plan["Plan Rows"]), float(plan["Total Cost"]))


def every(wanted: Selection, *, among: Sequence[UUID] | None = None) -> sa.Select[Any]:
    """Return the statement that has a row for each line or, with `among`, for each that is about one of these ids."""
    shelf = _Shelf.of(wanted)
    found = sa.select(sa.literal(1)).select_from(shelf.table).where(*shelf.conditions(wanted))
    return found if among is None else found.where(shelf.id == sa.any_(sa.literal(among, sa.ARRAY(sa.Uuid))))


def read(
    connection: AsyncConnection, wanted: Selection, columns: Sequence[str], *, size: int, seconds: float
) -> AsyncGenerator[Sequence[Sequence[Any]], None]:
    """Read all lines in the order of files, up to `size` at a time: `columns`, and behind them the group, whether
    it is on time, its facet, and what it weighs there. A fetch may take `seconds`.
    """
    shelf = _Shelf.of(wanted)
    group = shelf.group(wanted.definition)
    grouped = [] if wanted.definition.group_by is None else [group.nulls_last()]
    statement = (
        sa.select(*[shelf.expressions[code] for code in columns], group, shelf.on_time, shelf.facet, shelf.weight)
        .where(*shelf.conditions(wanted))
        .order_by(*grouped, *_directed(wanted, *shelf.order))
    )
    return batches(connection, statement, size=size, seconds=seconds)


def _directed(wanted: Selection, *order: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    return [each.desc() if wanted.definition.newest_first else each.asc() for each in order]


class _Shelf(NamedTuple):
    """Where the lines of a subject come from."""

    table: sa.Table
    id: sa.ColumnElement[UUID]
    when: sa.ColumnElement[datetime]
    order: tuple[sa.ColumnElement[Any], ...]
    """Ends with the id."""
    expressions: Expressions
    on_time: sa.ColumnElement[Any]
    facet: sa.ColumnElement[Any]
    weight: sa.ColumnElement[Any]

    @classmethod
    def of(cls, wanted: Selection) -> "_Shelf":
        definition = wanted.definition
        facet = FACETS[definition.subject].code
        if definition.subject is Subject.COMPLAINTS:
            columns = ledger_complaint.c
            on_time = _on_time(wanted.at)
            known: Expressions = {**columns, "on_time": on_time, "complaint_id": sa.cast(columns.complaint_id, sa.Text)}
            table, line = ledger_complaint, columns.complaint_id
            weight: sa.ColumnElement[Any] = sa.literal(1)
        else:
            columns = activity.c
            on_time = sa.cast(sa.null(), sa.Boolean)
            evidence = sa.func.nullif(sa.func.array_to_string(columns.evidence, "\n"), "")
            known = {**columns, "unit": columns.kind, "evidence": evidence, "id": sa.cast(columns.id, sa.Text)}
            table, line, weight = activity, columns.id, columns.quantity
        when = columns[definition.period]
        order = (line,) if _is_by_id(definition) else (when, line)
        return cls(table, line, when, order, known, on_time, columns[facet], weight)

    def group(self, definition: Definition) -> sa.ColumnElement[Any]:
        if definition.group_by is None:
            return sa.cast(sa.null(), sa.Text)
        if definition.group_by == "category_level_one":
            return sa.func.split_part(self.table.c.category, ".", 1)
        return self.expressions[definition.group_by]

    def conditions(self, wanted: Selection) -> list[sa.ColumnElement[bool]]:
        found = [self.table.c.tenant == wanted.tenant, self.when.is_not(None)]
        if self.table is activity:
            found.append(activity.c.voided_at.is_(None))
        found += self._within_period(wanted)
        for filters in (wanted.definition.filters, wanted.narrowed):
            found += [self._condition(name, value) for name, value in filters.content().items()]
        return found

    def _within_period(self, wanted: Selection) -> Iterator[sa.ColumnElement[bool]]:
        is_by_id = _is_by_id(wanted.definition)
        if wanted.since is not None:
            yield self.when >= wanted.since
            if is_by_id:
                yield self.id >= first_id_at(wanted.since - _APART)
        if wanted.until is not None:
            yield self.when < wanted.until
            if is_by_id:
                yield self.id < first_id_at(wanted.until + _APART)

    def _condition(self, name: str, value: Any) -> sa.ColumnElement[bool]:
        if name == "category":
            return sa.or_(*[within(self.table.c.category, code) for code in value])
        if name == "on_time":
            return self.on_time.is_(value)
        column: sa.ColumnElement[Any] = self.table.c[name]
        return column == sa.any_(sa.cast(value, sa.ARRAY(sa.Text))) if isinstance(value, list) else column == value


def _is_by_id(definition: Definition) -> bool:
    """Say whether the order of time is that of the ids: intake makes the id of a complaint when it receives it."""
    return definition.period == "received_at"


def _on_time(at: datetime) -> sa.ColumnElement[Any]:
    """Say whether a result came by the promised time, or did not and is late at `at`; null while that is open.

    The clock stands from when the reporter was asked until there is an answer.
    """
    columns = ledger_complaint.c
    stopped_at = sa.literal_column(STOPPED_AT, sa.DateTime(timezone=True))
    stands_at = sa.func.coalesce(columns.waiting_since, at)
    return sa.case(
        (columns.promised_at.is_(None), sa.cast(sa.null(), sa.Boolean)),
        (columns.resolved_at.is_not(None), stopped_at <= columns.promised_at),
        (sa.and_(columns.status.in_(sorted(RUNNING)), columns.promised_at < stands_at), sa.false()),
        else_=sa.cast(sa.null(), sa.Boolean),
    )
