"""Lists of complaints: pages in the order wanted, of those that have the words that are looked for."""

import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from intake_service.domain.lexeme_shares import Shares
from intake_service.persistence import complaint_lists, lexeme_shares, searching
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.persistence.complaint_lists import Mark
from intake_service.persistence.searching import Search, Words
from runtime.auth import Caller
from runtime.clock import now
from runtime.database import PLANNED_ANEW, create_engine, reading
from runtime.settings import RuntimeSettings

_CONNECTIONS = 5
_LONGEST = "5s"
_SHARES_SECONDS = 600.0
"""How old what is known of the words may be."""
_STATEMENT_TIMEOUT = "57014"
_SESSION = {
    **PLANNED_ANEW,
    "statement_timeout": _LONGEST,
    # A page has few rows, which are found one by one; what is joined otherwise is joined as a whole.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class TooBroad(Exception):
    """So much has to be gone through that nobody would wait for it."""


class Listing:
    """Lists the complaints of one database, on connections of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        """`engine` is as `listing_engine` makes it."""
        self._engine = reading(engine)
        self._shares: Shares | None = None
        self._shares_until = 0.0

    async def page(
        self, caller: Caller, wanted: ComplaintFilter, *, phone: str | None, after: Mark | None, size: int
    ) -> Sequence[Any]:
        """Return up to `size` complaints that `caller` may see, behind `after`; raises TooBroad.

        `phone` is the mark of a reporter's number. With it, or with words, the order is that of receipt, the newest
        first.
        """
        async with self._connection() as connection:
            words = await self._words(connection, wanted, phone)
            if words is None:
                return await complaint_lists.page(connection, caller, wanted, after=after, size=size)
            before = None if after is None else after[1]
            ids = await searching.find(connection, Search(caller, wanted, words, before, size), at=now())
            return await complaint_lists.rows(connection, caller, ids) if ids else []

    async def count(self, caller: Caller, wanted: ComplaintFilter, *, phone: str | None) -> int:
        """Return how many there are, up to one more than `MOST_COUNTED`; raises TooBroad."""
        async with self._connection() as connection:
            words = await self._words(connection, wanted, phone)
            if words is None:
                return await complaint_lists.count(connection, caller, wanted)
            return await searching.count(connection, caller, wanted, words)

    async def _words(self, connection: AsyncConnection, wanted: ComplaintFilter, phone: str | None) -> Words | None:
        if wanted.q is not None and time.monotonic() > self._shares_until:
            self._shares = await lexeme_shares.read(connection)
            self._shares_until = time.monotonic() + _SHARES_SECONDS
        return searching.words_of(wanted, phone, self._shares)

    @asynccontextmanager
    async def _connection(self) -> Any:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _STATEMENT_TIMEOUT:
                raise TooBroad from error
            raise


def listing_engine(settings: RuntimeSettings) -> AsyncEngine:
    """Return an engine for lists: each statement is planned for its values, and ended where it takes long."""
    if settings.intake_database_url is None:
        raise ValueError("JIEBAN_INTAKE_DATABASE_URL is not set")
    return create_engine(
        settings.intake_database_url,
        pool_size=_CONNECTIONS,
        pool_timeout=settings.database_pool_timeout_seconds,
        application_name="jieban intake lists",
        session=_SESSION,
    )
