"""Looks for words among complaints, the newest first.

What is common is found among the newest that match all other filters. What is not found there is rare among them, and
the index of words says where it is: first in the last month, then in the last year, then ever. No step depends on what
the planner believes of words that go together, or never do, which it cannot know.
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

NEWEST = (300, 2_000)
"""So many of the newest are looked at one by one, before the index is asked."""
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
    for looked_at in NEWEST:
        statement = _among_newest(caller, wanted, query, before, size, looked_at)
        rows = (await connection.execute(statement)).all()
        ids = [row.id for row in rows if row.id is not None]
        if len(ids) >= size or not rows or rows[0].looked_at < looked_at:
            return ids
    for window in _windows(before, at):
        indexed = select_found(caller, wanted, " & ".join([query, *window]), before=before).limit(size)
        ids = list((await connection.execute(indexed)).scalars())
        if len(ids) >= size:
            break
    return ids


async def count(connection: AsyncConnection, caller: Caller, wanted: ComplaintFilter, query: str) -> int:
    """Return how many are found, one more than MOST_COUNTED where there are more than that."""
    found = select_found(caller, wanted, query, before=None).order_by(None).limit(MOST_COUNTED + 1).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0)


def select_found(caller: Caller, wanted: ComplaintFilter, query: str, *, before: UUID | None) -> sa.Select[tuple[UUID]]:
    """Return the statement of all ids that the index of words finds, the newest first."""
    narrowed = " & ".join([query, *_categories(wanted)])
    words = (
        sa.select(_TEXT.complaint_id)
        .where(_TEXT.tenant == caller.tenant, _matches(narrowed))
        .cte("words")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    statement = sa.select(complaint.c.id).join(words, words.c.complaint_id == complaint.c.id)
    statement = statement.where(*visible(caller), *conditions(wanted))
    if before is not None:
        statement = statement.where(complaint.c.id < before)
    return statement.order_by(complaint.c.id.desc())


def _among_newest(
    caller: Caller, wanted: ComplaintFilter, query: str, before: UUID | None, size: int, looked_at: int
) -> sa.Select[tuple[UUID | None, int]]:
    """Return the statement of what is found among the newest. Each row says how many these were; one always does."""
    ids = select_ids(
        caller, replace(wanted, sort="newest"), after=None if before is None else (None, before), size=looked_at
    )
    newest = ids.cte("newest").prefix_with("MATERIALIZED", dialect="postgresql")
    found = (
        sa.select(newest.c.id)
        .join(complaint_text, _TEXT.complaint_id == newest.c.id)
        .where(_matches(query))
        .order_by(newest.c.id.desc())
        .limit(size)
        .subquery()
    )
    total = sa.select(sa.func.count().label("looked_at")).select_from(newest).subquery()
    return sa.select(found.c.id, total.c.looked_at).outerjoin_from(total, found, sa.true())


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
