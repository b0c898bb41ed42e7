"""Looks for words among complaints, the newest first.

What is common is found among the newest that match all other filters. What is rare, the index of words has all of, or
all of the last month. What is neither is looked for among more of the newest, then by the index in the last month, in
the last year, and ever. How common a word is by itself is known about: steps that cannot find enough are left out. No
step depends on what the planner believes of words that go together, or never do, which it cannot know: it is told
which side of a join to go through, and finds what belongs to each row by its key.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from math import inf, prod
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.roles import STAFF
from intake_service.domain import search
from intake_service.domain.lexeme_shares import RARE, Shares
from intake_service.persistence.complaint_filters import ComplaintFilter, conditions
from intake_service.persistence.complaint_lists import MOST_COUNTED, select_ids, visible
from intake_service.persistence.search_tables import complaint_text
from intake_service.persistence.tables import complaint
from runtime.auth import Caller

NEWEST = 300
"""So many of the newest are looked at one by one, before the index is asked."""
MANY = 2_000
"""And so many where the first of them had enough to expect a page by then, or where the index finds too much."""
FEW = 1_000
"""Where the index finds less in the last month, all that it finds there is looked at."""
FEW_EVER = 2_500
"""Where it finds less at all, all of that."""
_SURELY = 1.3
_FENCE = 0
"""`OFFSET 0`: PostgreSQL does not look into such a subquery when it chooses the order of joins."""
_DAY, _MONTH, _YEAR = timedelta(days=1), timedelta(days=28), timedelta(days=365)
"""Shorter than the shortest, so that whoever goes back by one skips none."""
_TEXT = complaint_text.c


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for, as PostgreSQL reads a `tsquery`."""

    exact: str
    coarse: str
    """What its index is asked for: quicker, and finds all of it, and perhaps more."""
    share: float | None = None
    """In which share of all texts the rarest of its lexemes is, about and at most; None where nothing is known."""
    most: float = inf
    """How many texts that is."""
    likely: float | None = None
    """In which share it would be if its terms had nothing to do with each other."""

    def with_marks(self, *marks: str) -> "Words":
        """Return it narrowed down to what has each of these marks as well."""
        return replace(self, exact=" & ".join([self.exact, *marks]), coarse=" & ".join([self.coarse, *marks]))


class _Window(NamedTuple):
    """The time before a complaint, or before now: its marks find all of it, and `is_all` that is wanted."""

    marks: list[str]
    is_all: bool


@dataclass(frozen=True, slots=True)
class Search:
    """A page that is wanted: up to `size` complaints that `caller` may see, the newest first, older than `before`."""

    caller: Caller
    wanted: ComplaintFilter
    words: Words
    before: UUID | None
    size: int


def words_of(wanted: ComplaintFilter, phone: str | None = None, shares: Shares | None = None) -> Words | None:
    """Return what a filter, and the mark of a phone number, look for in the words; None where they look for none."""
    words = None if wanted.q is None else _words(wanted.q, shares)
    if phone is None:
        return words
    of_one_person = Words(phone, phone) if words is None else words.with_marks(phone)
    return replace(of_one_person, share=0.0, most=0.0, likely=0.0)


def _words(wanted: str, shares: Shares | None) -> Words:
    terms = search.terms(wanted)
    exact, coarse = search.query(terms), search.query(terms, is_coarse=True)
    each = [lexemes for term in terms if (lexemes := search.required(term))]
    if shares is None or not each:
        return Words(exact, coarse)
    rare = shares.rare([*chain(*each)])
    found = [shares.of_rarest(lexemes) for lexemes in each]
    return Words(
        exact,
        search.all_of(rare) if rare else coarse,
        share=min(found),
        most=min(found) * shares.texts,
        likely=prod(found),
    )


async def find(connection: AsyncConnection, page: Search, *, at: datetime) -> Sequence[UUID]:
    """Return the complaints of a page that is asked for `at` a moment."""
    async with aclosing(_steps(_Looking(connection, page), page, at)) as steps:
        async for ids, is_page in steps:
            if is_page:
                return ids
    raise AssertionError("the last step has all that there is")


async def _steps(looking: "_Looking", page: Search, at: datetime) -> AsyncGenerator[tuple[Sequence[UUID], bool], None]:
    """Yield what each step finds, and whether that is the page; that of the last step is."""
    looked_at = 0 if page.words.share is not None and page.words.share <= RARE else _first(page)
    if looked_at:
        ids, is_page = await looking.among_newest(looked_at)
        yield ids, is_page
        if looked_at < MANY and len(ids) * MANY > _SURELY * page.size * looked_at:
            looked_at = MANY
            yield await looking.among_newest(looked_at)
    windows = _windows(page.wanted, page.before, at)
    is_few = is_guess = page.words.most < FEW_EVER
    if not is_guess:
        month, *longer = windows
        ids, is_few = await looking.among_few(month.marks, FEW)
        yield ids, len(ids) >= page.size or (is_few and month.is_all)
        windows = longer if is_few else windows
    if is_few:
        yield await looking.among_few([], FEW_EVER)
    if looked_at < MANY and (is_guess or not is_few):
        yield await looking.among_newest(MANY)
    for window in windows:
        ids = await looking.in_window(window.marks)
        yield ids, len(ids) >= page.size or window.is_all


def _first(page: Search) -> int:
    """Return among how many of the newest to look first: many, where few cannot be enough and nothing else is asked."""
    share = page.words.likely
    others = page.wanted.narrows() - {"q", "received_from", "received_to"}
    is_too_few = share is not None and share * NEWEST < page.size <= share * MANY / _SURELY
    return MANY if is_too_few and not others else NEWEST


class _Looking:
    """The steps of looking for one page."""

    def __init__(self, connection: AsyncConnection, page: Search) -> None:
        self._connection = connection
        self._page = page

    async def among_newest(self, most: int) -> tuple[Sequence[UUID], bool]:
        """Return what is found among so many of the newest, and whether that is the page: full, or all there is."""
        return await self._tried(_newest(self._page, most), most)

    async def among_few(self, marks: Sequence[str], most: int) -> tuple[Sequence[UUID], bool]:
        """Return what the index finds with these marks if that is less than `most`, and whether it is."""
        return await self._tried(_few(self._page, marks, most), most)

    async def in_window(self, marks: Sequence[str]) -> Sequence[UUID]:
        """Return what the index finds with these marks."""
        page = self._page
        found = select_found(page.caller, page.wanted, page.words.with_marks(*marks), before=page.before)
        return [row.id for row in await self._connection.execute(found.limit(page.size))]

    async def _tried(self, step: sa.Select[tuple[UUID | None, int]], most: int) -> tuple[Sequence[UUID], bool]:
        rows = (await self._connection.execute(step)).all()
        ids = [row.id for row in rows if row.id is not None]
        return ids, len(ids) >= self._page.size or rows[0].looked_at < most


async def count(connection: AsyncConnection, caller: Caller, wanted: ComplaintFilter, words: Words) -> int:
    """Return how many are found, one more than MOST_COUNTED where there are more than that."""
    found = select_found(caller, wanted, words, before=None).order_by(None).limit(MOST_COUNTED + 1).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0)


def select_found(
    caller: Caller, wanted: ComplaintFilter, words: Words, *, before: UUID | None
) -> sa.Select[tuple[UUID]]:
    """Return the statement of all ids that the index of words finds, the newest first."""
    texts = _indexed(caller, wanted, words).cte("words").prefix_with("MATERIALIZED", dialect="postgresql")
    found = _of_words(caller, wanted, texts, before)
    return sa.select(found.c.id).select_from(texts).join(found, sa.true()).order_by(found.c.id.desc())


def _few(page: Search, marks: Sequence[str], looked_at: int) -> sa.Select[tuple[UUID | None, int]]:
    """Return the statement of what the index finds, which is looked at only where that is less than `looked_at`."""
    indexed = _indexed(page.caller, page.wanted, page.words.with_marks(*marks)).limit(looked_at)
    texts = indexed.cte("words").prefix_with("MATERIALIZED", dialect="postgresql")
    total = sa.select(sa.func.count()).select_from(texts).scalar_subquery()
    found = _of_words(page.caller, page.wanted, texts, page.before)
    ids = sa.select(found.c.id).select_from(texts).join(found, sa.true()).where(total < looked_at)
    return _with_total(texts, ids.order_by(found.c.id.desc()).limit(page.size))


def _newest(page: Search, looked_at: int) -> sa.Select[tuple[UUID | None, int]]:
    """Return the statement of what is found among the newest that match the other filters."""
    after = None if page.before is None else (None, page.before)
    ids = select_ids(page.caller, replace(page.wanted, sort="newest"), after=after, size=looked_at)
    newest = ids.cte("newest").prefix_with("MATERIALIZED", dialect="postgresql")
    text = sa.select(_TEXT.complaint_id).where(_TEXT.complaint_id == newest.c.id, _matches(page.words.exact))
    has = text.offset(_FENCE).lateral("has")
    found = sa.select(newest.c.id).join(has, sa.true()).order_by(newest.c.id.desc()).limit(page.size)
    return _with_total(newest, found)


def _with_total(looked_at: sa.CTE, found: sa.Select[tuple[UUID]]) -> sa.Select[tuple[UUID | None, int]]:
    """Return what is found with how many were looked at: each row says so, and one always does."""
    total = sa.select(sa.func.count().label("looked_at")).select_from(looked_at).subquery()
    ids = found.subquery()
    return sa.select(ids.c.id, total.c.looked_at).outerjoin_from(total, ids, sa.true())


def _indexed(caller: Caller, wanted: ComplaintFilter, words: Words) -> sa.Select[tuple[UUID]]:
    """Return the statement of what the index of words finds in a tenant."""
    narrowed = words.with_marks(*_categories(wanted))
    found = sa.select(_TEXT.complaint_id).where(_TEXT.tenant == caller.tenant, _matches(narrowed.coarse))
    if words.coarse != words.exact:
        found = found.where(_matches(words.exact).is_(sa.true()))  # in this form, the index is not asked for it
    return found


def _of_words(caller: Caller, wanted: ComplaintFilter, texts: sa.CTE, before: UUID | None) -> sa.FromClause:
    """Return the complaint of words that were found, where it matches all other filters.

    Where there are none, the words say it all: they were looked for in the tenant.
    """
    found: sa.ColumnElement[UUID] = texts.c.complaint_id
    statement = sa.select(found.label("id")).correlate(texts)
    others = [*([] if caller.has(*STAFF) else visible(caller)), *conditions(wanted)]
    if others:
        found = complaint.c.id
        same = (complaint.c.id == texts.c.complaint_id, complaint.c.tenant == caller.tenant)
        statement = sa.select(complaint.c.id).where(*same, *others).offset(_FENCE)
    if before is not None:
        statement = statement.where(found < before)
    return statement.lateral("found")


def _windows(wanted: ComplaintFilter, before: UUID | None, at: datetime) -> list[_Window]:
    """Return the last month, the last year and all time, as far back from where the search begins; each has the former.

    An id may be made a day before or after its complaint is received (`complaint_filters`).
    """
    end = at + _DAY if before is None else search.moment_of(before)
    if wanted.received_to is not None:
        end = min(end, wanted.received_to + _DAY)
    begin = None if wanted.received_from is None else wanted.received_from - _DAY
    found = []
    for mark, long in ((search.month, _MONTH), (search.year, _YEAR)):
        marks = sorted({mark(end), mark(end - _DAY), mark(end - long)})
        found.append(_Window([f"({' | '.join(marks)})"], begin is not None and begin >= end - long))
    return [*found, _Window([], True)]


def _categories(wanted: ComplaintFilter) -> list[str]:
    return [f"({' | '.join(map(search.category, wanted.category))})"] if wanted.category else []


def _matches(query: str) -> sa.ColumnElement[bool]:
    return _TEXT.words.op("@@", is_comparison=True)(sa.cast(sa.literal(query, sa.Text), TSQUERY))
