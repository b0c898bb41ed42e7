"""Makes files of complaints, while they are downloaded and in the background."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.driver import batches, begin_snapshot
from intake_service.persistence import disclosures
from intake_service.persistence.complaint_filters import ComplaintFilter
from intake_service.persistence.complaint_lists import select_all
from intake_service.persistence.disclosures import Disclosure
from intake_service.persistence.searching import select_found, words_of
from intake_service.persistence.tables import complaint, reporter
from intake_service.service.export_forms import Column, Writer
from intake_service.service.references import References
from operations.downloads import Slots
from operations.exporting.making import Piece, data_of
from runtime.auth import Caller

BATCH = 1_000
"""Rows that are read, and written, at a time."""
AT_ONCE = 2
_FETCH_SECONDS = 30.0


class TooManyRows(Exception):
    """There are more than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the file would have more than {most} rows")
        self.most = most


class Exporting:
    """Makes files of the complaints of one database, each of one moment and in bounded memory."""

    def __init__(self, engine: AsyncEngine, known: References, most: int) -> None:
        self._engine = engine
        self._known = known
        self._most = most
        self._slots = Slots()

    async def download(
        self,
        caller: Caller,
        wanted: ComplaintFilter,
        file: Writer,
        noted: Disclosure,
        *,
        confidential: bool,
        held: AsyncExitStack,
    ) -> AsyncIterator[bytes]:
        """Note the disclosure and return the file in pieces; what it takes is `held`.

        With `confidential`, also those reporters are told who wish to be known to as few as possible. Raises
        TooManyRows and Busy, before anything is noted.
        """
        self._slots.take(held, AT_ONCE)
        connection = await held.enter_async_context(self._engine.connect())
        await begin_snapshot(connection)
        ids = select_ids(caller, wanted)
        counted = sa.select(sa.func.count()).select_from(ids.order_by(None).limit(self._most + 1).subquery())
        rows = int(await connection.scalar(counted) or 0)
        if rows > self._most:
            raise TooManyRows(self._most)
        async with self._engine.begin() as other:
            await disclosures.add(other, noted_with(noted, rows))
        statement = select_rows(ids, file.look.columns, confidential=confidential)
        found = batches(connection, statement, size=BATCH, seconds=_FETCH_SECONDS)
        pieces = pieces_of(self._known, caller.tenant, found, file)
        return await held.enter_async_context(aclosing(data_of(pieces)))


async def pieces_of(
    known: References, tenant: str, found: AsyncGenerator[Sequence[Any], None], file: Writer
) -> AsyncGenerator[Piece, None]:
    """Write the rows that are found."""
    yield Piece(await asyncio.to_thread(file.begin))
    async with aclosing(found):
        async for rows in found:
            namings = await known.namings(tenant, {row[-1] for row in rows})
            yield Piece(await asyncio.to_thread(file.lines, rows, namings), len(rows))
    yield Piece(await asyncio.to_thread(file.end))


def select_ids(caller: Caller, wanted: ComplaintFilter) -> sa.Select[tuple[UUID]]:
    """Return the statement of the complaints, from the table itself, in the order wanted."""
    words = words_of(wanted)
    if words is None:
        return select_all(caller, wanted)
    found = select_found(caller, wanted, words, before=None).order_by(None).subquery()
    return sa.select(complaint.c.id).join(found, found.c.id == complaint.c.id).order_by(complaint.c.id.desc())


def noted_with(noted: Disclosure, rows: int) -> Disclosure:
    """Return a disclosure that says how many complaints there are in the file."""
    facts = {name: getattr(noted, name) for name in Disclosure.__slots__}
    return Disclosure(**{**facts, "complaints": rows})


def select_rows(ids: sa.Select[Any], columns: Sequence[Column], *, confidential: bool) -> sa.Select[Any]:
    """Return the statement of the lines, in the order of `ids`, each with the version that it was filed under."""
    shown: list[sa.ColumnElement[Any]] = []
    for column in columns:
        if column.code in complaint.c:
            shown.append(complaint.c[column.code])
        elif confidential:
            shown.append(reporter.c[column.code])
        else:
            shown.append(sa.case((complaint.c.confidential, None), else_=reporter.c[column.code]))
    statement = ids.with_only_columns(*shown, complaint.c.configuration)
    if any(column.code in reporter.c for column in columns if column.code not in complaint.c):
        statement = statement.outerjoin(reporter, reporter.c.complaint_id == complaint.c.id)
    return statement
