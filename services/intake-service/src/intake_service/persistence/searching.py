"""Looks for words among complaints, the newest first.

What is common is found among the newest that match all other filters. What is rare, the index of words has all of. What
is neither is looked for among more of the newest, then by the index in the last month, in the last year, and ever. No
step depends on what the planner believes of words that go together, or never do, which it cannot know: it is told which
side of a join to go through, and finds what belongs to each row by its key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain import search
from intake_service.persistence.complaint_filters import ComplaintFilter, conditions
from intake_service.persistence.complaint_lists import MOST_COUNTED, select_ids, visible
from intake_service.persistence.search_tables import complaint_text
from intake_service.persistence.tables import complaint
from runtime.auth import Caller

NEWEST = 300
"""So many of the newest are looked at one by one, before the index is asked."""
FEW = 1_000
"""Where the index finds less, all that it finds is looked at."""
MANY = 2_000
"""Else, so many of the newest; before that, where the first of them had enough to expect a page by then."""
_SURELY = 1.3
_FENCE = 0
"""`OFFSET 0`: PostgreSQL does not look into such a subquery when it chooses the order of joins."""
_DAY, _MONTH, _YEAR = timedelta(days=1), timedelta(days=28), timedelta(days=365)
"""Shorter than the shortest, so that whoever goes back by one skips none."""
_TEXT = complaint_text.c


def query_of(wanted: ComplaintFilter, phone: str | None = None) -> str:
    """Return what a filter, and the mark of a phone number, look for in the words."""
    found = [] if wanted.q is None else [search.query(search.terms(wanted.q))]
    return " & ".join([*found, *([phone] if phone is not None else [])])


async def find(
    connection: AsyncConnection,
    caller: Caller,
    wanted: ComplaintFilter,
    query: str,
    *,
    before: UUID | None,
    size: int,
    at: datetime,
) -> Sequence[UUID]:
    """Return up to `size` complaints that `caller` may see, the newest first, older than `before`."""
    ids, is_all = await _tried(connection, _newest(caller, wanted, query, before, size, NEWEST), NEWEST, size)
    steps = [(_few, FEW), (_newest, MANY)]
    if len(ids) * MANY > _SURELY * size * NEWEST:
        steps.reverse()
    for step, most in steps:
        if not is_all:
            ids, is_all = await _tried(connection, step(caller, wanted, query, before, size, most), most, size)
    if is_all:
        return ids
    for window in _windows(before, at):
        indexed = select_found(caller, wanted, " & ".join([query, *window]), before=before).limit(size)
        ids = [row.id for row in await connection.execute(indexed)]
        if len(ids) >= size:
            break
    return ids


async def _tried(
    connection: AsyncConnection, statement: sa.Select[tuple[UUID | None, int]], most: int, size: int
) -> tuple[Sequence[UUID], bool]:
    """Return what a step finds, and whether that is the page: full, or with all that there is."""
    rows = (await connection.execute(statement)).all()
    ids = [row.id for row in rows if row.id is not None]
    return ids, len(ids) >= size or rows[0].looked_at < most


async def count(connection: AsyncConnection, caller: Caller, wanted: ComplaintFilter, query: str) -> int:
    """Return how many are found, one more than MOST_COUNTED where there are more than that."""
    found = select_found(caller, wanted, query, before=None).order_by(None).limit(MOST_COUNTED + 1).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0)


def select_found(caller: Caller, wanted: ComplaintFilter, query: str, *, before: UUID | None) -> sa.Select[tuple[UUID]]:
    """Return the statement of all ids that the index of words finds, the newest first."""
    words = _indexed(caller, wanted, query).cte("words").prefix_with("MATERIALIZED", dialect="postgresql")
    found = _of_words(caller, wanted, words.c.complaint_id, before)
    return sa.select(found.c.id).select_from(words).join(found, sa.true()).order_by(found.c.id.desc())


def _few(
    caller: Caller, wanted: ComplaintFilter, query: str, before: UUID | None, size: int, looked_at: int
) -> sa.Select[tuple[UUID | None, int]]:
    """Return the statement of what the index finds, which is looked at only where that is less than `looked_at`."""
    words = (
        _indexed(caller, wanted, query).limit(looked_at).cte("words").prefix_with("MATERIALIZED", dialect="postgresql")
    )
    total = sa.select(sa.func.count()).select_from(words).scalar_subquery()
    found = _of_words(caller, wanted, words.c.complaint_id, before)
    ids = sa.select(found.c.id).select_from(words).join(found, sa.true()).where(total < looked_at)
    return _with_total(words, ids.order_by(found.c.id.desc()).limit(size))


def _newest(
    caller: Caller, wanted: ComplaintFilter, query: str, before: UUID | None, size: int, looked_at: int
) -> sa.Select[tuple[UUID | None, int]]:
    """Return the statement of what is found among the newest that match the other filters."""
    after = None if before is None else (None, before)
    ids = select_ids(caller, replace(wanted, sort="newest"), after=after, size=looked_at)
    newest = ids.cte("newest").prefix_with("MATERIALIZED", dialect="postgresql")
    text = sa.select(_TEXT.complaint_id).where(_TEXT.complaint_id == newest.c.id, _matches(query))
    has = text.offset(_FENCE).lateral("has")
    found = sa.select(newest.c.id).join(has, sa.true()).order_by(newest.c.id.desc()).limit(size)
    return _with_total(newest, found)


def _with_total(looked_at: sa.CTE, found: sa.Select[tuple[UUID]]) -> sa.Select[tuple[UUID | None, int]]:
    """Return what is found with how many were looked at: each row says so, and one always does."""
    total = sa.select(sa.func.count().label("looked_at")).select_from(looked_at).subquery()
    ids = found.subquery()
    return sa.select(ids.c.id, total.c.looked_at).outerjoin_from(total, ids, sa.true())


def _indexed(caller: Caller, wanted: ComplaintFilter, query: str) -> sa.Select[tuple[UUID]]:
    """Return the statement of what the index of words finds in a tenant."""
    narrowed = " & ".join([query, *_categories(wanted)])
    return sa.select(_TEXT.complaint_id).where(_TEXT.tenant == caller.tenant, _matches(narrowed))


def _of_words(
    caller: Caller, wanted: ComplaintFilter, found: sa.ColumnElement[UUID], before: UUID | None
) -> sa.FromClause:
    """Return the complaint of words that were found, where it matches all other filters."""
    statement = sa.select(complaint.c.id).where(complaint.c.id == found, *visible(caller), *conditions(wanted))
    if before is not None:
        statement = statement.where(complaint.c.id < before)
    return statement.offset(_FENCE).lateral("found")


def _windows(before: UUID | None, at: datetime) -> Iterator[list[str]]:
    """Yield the marks of the time before a complaint, or before now, each window with all of the one before it."""
    end = at + _DAY if before is None else search.moment_of(before)
    for mark, long in ((search.month, _MONTH), (search.year, _YEAR)):
        yield [f"({' | '.join(sorted({mark(end), mark(end - _DAY), mark(end - long)}))})"]
    yield []


def _categories(wanted: ComplaintFilter) -> list[str]:
    return [f"({' | '.join(map(search.category, wanted.category))})"] if wanted.category else []


def _matches(query: str) -> sa.ColumnElement[bool]:
    return _TEXT.words.op("@@", is_comparison=True)(sa.cast(sa.literal(query, sa.Text), TSQUERY))
