"""Signed checkpoints, and the sealed entries up to one."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement
from ledger_service.domain.checkpoints import Checkpoint
from ledger_service.domain.entry_types import ERASURES
from ledger_service.domain.merkle import Frontier
from ledger_service.domain.sealing import Fields, Seal
from ledger_service.domain.story_checks import Numbers, Standing
from ledger_service.domain.verifying import Line
from ledger_service.persistence.seals import frontier
from ledger_service.persistence.tables import checkpoint

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
PAGE = 2_000
_SEALED = sa.text("SELECT size FROM chain WHERE tenant = :tenant")
_GROWN = sa.text("""
    SELECT tenant, chain.size, frontier FROM chain
    LEFT JOIN LATERAL (SELECT size, at FROM checkpoint WHERE checkpoint.tenant = chain.tenant
                       ORDER BY size DESC LIMIT 1) AS last ON true
    WHERE chain.size > coalesce(last.size, 0) AND (last.at IS NULL OR last.at <= :before)
""")
_ADD = sa.text("""
    INSERT INTO checkpoint (tenant, size, root, at, note) VALUES (:tenant, :size, :root, :at, :note)
    ON CONFLICT DO NOTHING
""")
# In one statement, so that entries, seals and numbers are of one moment.
_OF_COMPLAINT = Statement("""
    SELECT entry.tenant, entry.position, event_id, entry.complaint_id, type, entry.source, sequence, status_before,
           status_after, entry.occurred_at, recorded_at, actor, data, salt, coalesce(seal.number, -1), entry.position,
           coalesce(digest, ''), coalesce(leaf, ''), coalesce(link, ''),
           entry.position <= coalesce((SELECT settled FROM chain WHERE chain.tenant = complaint.tenant), 0),
           seq_intake, seq_dispatch, seq_ledger
    FROM ledger_complaint AS complaint
    LEFT JOIN entry ON entry.tenant = complaint.tenant AND entry.complaint_id = complaint.complaint_id
    LEFT JOIN seal ON seal.tenant = entry.tenant AND seal.position = entry.position
    WHERE complaint.tenant = CAST(:tenant AS text) AND complaint.complaint_id = CAST(:complaint AS uuid)
    ORDER BY entry.position
""")
_SOURCES = ("intake", "dispatch", "ledger")
_LINES = Statement("""
    SELECT entry.tenant, entry.position, event_id, coalesce(complaint_id, subject), type, source, sequence,
           status_before, status_after, occurred_at, recorded_at, actor, data, salt, number, seal.position, digest,
           leaf, link
    FROM seal JOIN entry ON entry.tenant = seal.tenant AND entry.position = seal.position
    WHERE seal.tenant = CAST(:tenant AS text) AND number >= CAST(:first AS bigint) AND number < CAST(:end AS bigint)
    ORDER BY number
""")
_STRAYS = Statement("""
    SELECT entry.tenant, position, event_id, coalesce(complaint_id, subject), type, source, sequence,
           status_before, status_after, occurred_at, recorded_at, actor, data, salt, -1, position, CAST('' AS bytea),
           CAST('' AS bytea), CAST('' AS bytea)
    FROM entry JOIN chain ON chain.tenant = entry.tenant
    WHERE entry.tenant = CAST(:tenant AS text) AND position > CAST(:after AS bigint) AND position <= settled
      AND NOT EXISTS (SELECT FROM seal WHERE seal.tenant = entry.tenant AND seal.position = entry.position)
    ORDER BY position LIMIT CAST(:size AS bigint)
""")
_TELLING = sa.text("""
    WITH newest AS (
        SELECT size, note FROM checkpoint WHERE tenant = :tenant ORDER BY size DESC LIMIT :newest
    ), earlier AS (
        SELECT before.size, before.note FROM generate_series(1, CAST(:earlier AS bigint)) AS part
        CROSS JOIN LATERAL (SELECT size, note FROM checkpoint WHERE tenant = :tenant
            AND size < part * (SELECT min(size) FROM newest) / CAST(:earlier AS bigint) + 1
            ORDER BY size DESC LIMIT 1) AS before
    )
    SELECT note FROM (SELECT * FROM newest UNION SELECT * FROM earlier) AS told ORDER BY size
""")
_ERASURES = Statement(f"""
    SELECT DISTINCT CAST(coalesce(complaint_id, subject) AS text)
    FROM entry LEFT JOIN seal ON seal.tenant = entry.tenant AND seal.position = entry.position
    WHERE entry.tenant = CAST(:tenant AS text) AND type IN {ERASURES}
      AND (complaint_id = ANY(CAST(CAST(:erased AS text[]) AS uuid[]))
           OR subject = ANY(CAST(CAST(:erased AS text[]) AS uuid[])))
      AND (number >= CAST(:first AS bigint) OR number IS NULL AND entry.position
           > coalesce((SELECT settled FROM chain WHERE chain.tenant = CAST(:tenant AS text)), 0))
""")


class Signed(NamedTuple):
    """A checkpoint as it was signed."""

    size: int
    root: bytes
    at: datetime
    note: str


class SealedStory(NamedTuple):
    """The entries of a complaint with their seals, and how many each source should have."""

    entries: Sequence[Standing]
    numbers: Numbers


async def sealed(connection: AsyncConnection, tenant: str) -> int:
    """Return how many entries of a tenant are sealed."""
    return int(await connection.scalar(_SEALED, {"tenant": tenant}) or 0)


async def grown(connection: AsyncConnection, *, before: datetime) -> Sequence[tuple[str, Frontier]]:
    """Return the trees, by tenant, that have grown since they were signed last, `before` or never."""
    rows = await connection.execute(_GROWN, {"before": before})
    return [(row.tenant, frontier(row.size, row.frontier)) for row in rows]


async def add(connection: AsyncConnection, tenant: str, signed: Checkpoint, note: str) -> None:
    """Keep a signed checkpoint; the first of a size stays."""
    parameters = {"tenant": tenant, "size": signed.size, "root": signed.root, "at": signed.at, "note": note}
    await connection.execute(_ADD, parameters)


async def newest(connection: AsyncConnection, tenant: str, *, below: int | None = None, size: int) -> Sequence[Signed]:
    """Return up to `size` checkpoints, the longest tree first, of trees shorter than `below` where that is given."""
    columns = (checkpoint.c.size, checkpoint.c.root, checkpoint.c.at, checkpoint.c.note)
    query = sa.select(*columns).where(checkpoint.c.tenant == tenant).order_by(checkpoint.c.size.desc()).limit(size)
    if below is not None:
        query = query.where(checkpoint.c.size < below)
    return [Signed(*row) for row in await connection.execute(query)]


async def telling(
    connection: AsyncConnection, tenant: str, *, newest: int = 1_000, earlier: int = 1_000
) -> Sequence[str]:
    """Return the notes of the `newest` checkpoints and of `earlier` ones in even distances, the shortest tree first.

    A busy tenant has a million a year: these tell of every part of the ledger, and exactly of its end.
    """
    values = {"tenant": tenant, "newest": newest, "earlier": earlier}
    return (await connection.execute(_TELLING, values)).scalars().all()


async def of_complaint(connection: AsyncConnection, tenant: str, complaint: UUID) -> SealedStory:
    """Return the entries of a complaint that is there, in the order of the ledger."""
    rows = await _OF_COMPLAINT.fetch(connection, {"tenant": tenant, "complaint": complaint})
    entries = [Standing(_line(row), row[14] >= 0, row[19]) for row in rows if row[1] is not None]
    return SealedStory(entries, dict(zip(_SOURCES, rows[0][20:], strict=True)) if rows else {})


async def pages(
    connect: Connect, tenant: str, first: int, end: int, *, size: int = PAGE
) -> AsyncIterator[Sequence[Line]]:
    """Go through the entries with numbers from `first` to below `end`, page by page; those that are gone are left out.

    Each page is read on a connection of its own.
    """
    for start in range(first, end, size):
        yield await _fetch(connect, _LINES, tenant=tenant, first=start, end=min(start + size, end))


async def strays(connect: Connect, tenant: str) -> AsyncIterator[Sequence[Line]]:
    """Go through entries that should have been sealed long ago and are not: somebody put them in."""
    last = 0
    while page := await _fetch(connect, _STRAYS, tenant=tenant, after=last, size=PAGE):
        yield page
        last = page[-1].fields.position


async def erasures_from(connection: AsyncConnection, tenant: str, first: int, erased: Collection[str]) -> set[str]:
    """Return which of `erased` have an erasure whose number is `first` or more, or that will be sealed.

    One that has no seal below what is settled never gets one: somebody put it in, or took its seal.
    """
    values = {"tenant": tenant, "first": first, "erased": list(erased)}
    return {row[0] for row in await _ERASURES.fetch(connection, values)}


async def _fetch(connect: Connect, statement: Statement, **parameters: object) -> list[Line]:
    async with connect() as connection:
        rows = await statement.fetch(connection, parameters)
    return [_line(row) for row in rows]


def _line(row: Sequence[Any]) -> Line:
    return Line(Fields.of(row[:11]), row[11], row[12], row[13], Seal(*row[14:19]))
