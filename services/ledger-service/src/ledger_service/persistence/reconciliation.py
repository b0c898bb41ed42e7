"""The ledger's own facts for reconciliation: its entries by event, and whether they fit together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.books import Bucket, Window, hour_of, tally

_MADE = "event_id >= :first AND event_id < :last"
_OF_COMPLAINTS = f"complaint_id IS NOT NULL AND {_MADE}"
"""Of other entries, those of activities alone are published, and nobody waits for them."""
_BUCKETS = sa.text(f"""
    SELECT {tally("event_id")}, type FROM entry
    WHERE {_OF_COMPLAINTS} GROUP BY hour, type ORDER BY hour, type
""")
_IDS = sa.text(f"""
    SELECT event_id FROM entry
    WHERE {_OF_COMPLAINTS} AND event_id > :after ORDER BY event_id LIMIT :size
""")


class EntryBook:
    """What the ledger entered of complaints, its own events among it.

    An event counts as applied where there is an entry of it.
    """

    async def buckets(self, connection: AsyncConnection, window: Window) -> Sequence[Bucket]:
        """Count the entries."""
        rows = await connection.execute(_BUCKETS, window.bounds())
        return [Bucket(hour_of(row.hour), row.type, row.events, row.digest) for row in rows]

    async def ids(self, connection: AsyncConnection, window: Window, *, after: UUID, size: int) -> list[UUID]:
        """Return up to `size` ids over `after`, in order."""
        parameters = {**window.bounds(), "after": after, "size": size}
        return list((await connection.execute(_IDS, parameters)).scalars())


KINDS = {
    "gap": "an entry is missing between the first and the last of a source",
    "behind": "the complaint's counters or version disagree with its entries",
    "status": "the complaint's state is not that after its last entry",
    "unknown": "there are entries of a complaint that is not there",
    "unentered": "the ledger published an event of its own that it did not enter",
    "unpublished": "the ledger entered an event of its own that it never handed to its outbox",
    "unassigned": "received, and a minute later still not assigned or let go of by dispatch",
}
"""What can be wrong, by its name in answers and metrics."""

_OF_TENANT = "(CAST(:tenant AS text) IS NULL OR tenant = :tenant)"
_COMPARE = sa.text(f"""
    WITH made AS MATERIALIZED (
        SELECT tenant, event_id, complaint_id, source FROM entry WHERE {_OF_TENANT} AND {_OF_COMPLAINTS}),
    touched AS MATERIALIZED (SELECT DISTINCT tenant, complaint_id FROM made),
    lines AS MATERIALIZED (
        SELECT tenant, complaint_id, source, count(*) AS entries, max(sequence) AS top, max(position) AS latest
        FROM entry JOIN touched USING (tenant, complaint_id) GROUP BY tenant, complaint_id, source),
    counted AS (
        SELECT tenant, complaint_id, sum(entries) AS entries, max(latest) AS latest,
               coalesce(max(top) FILTER (WHERE source = 'intake'), 0) AS intake,
               coalesce(max(top) FILTER (WHERE source = 'dispatch'), 0) AS dispatch,
               coalesce(max(top) FILTER (WHERE source = 'ledger'), 0) AS ledger
        FROM lines GROUP BY tenant, complaint_id),
    own AS (SELECT id, aggregateid FROM outbox
            WHERE {_OF_TENANT} AND id >= :first AND id < :last AND starts_with(type, 'complaint.')),
    found (kind, complaint_id) AS (
        SELECT DISTINCT 'gap', complaint_id FROM lines WHERE entries <> top
        UNION ALL SELECT 'behind', complaint_id FROM counted JOIN ledger_complaint AS c USING (tenant, complaint_id)
            WHERE (c.seq_intake, c.seq_dispatch, c.seq_ledger, c.version) <> (intake, dispatch, ledger, entries)
        UNION ALL SELECT 'status', c.complaint_id FROM counted
            JOIN ledger_complaint AS c USING (tenant, complaint_id)
            JOIN entry ON entry.tenant = c.tenant AND entry.position = latest WHERE c.status <> status_after
        UNION ALL SELECT 'unknown', complaint_id FROM counted
            LEFT JOIN ledger_complaint AS c USING (tenant, complaint_id) WHERE c.complaint_id IS NULL
        UNION ALL SELECT 'unentered', CAST(aggregateid AS uuid) FROM own
            WHERE NOT EXISTS (SELECT FROM made WHERE event_id = own.id)
        UNION ALL SELECT 'unpublished', complaint_id FROM made
            WHERE source = 'ledger' AND event_id >= :kept AND event_id NOT IN (SELECT id FROM own)
        UNION ALL SELECT 'unassigned', complaint_id FROM touched
            JOIN ledger_complaint AS c USING (tenant, complaint_id)
            WHERE c.status = 'received' AND c.updated_at < now() - interval '1 minute')
    SELECT kind, count(*) AS complaints, (array_agg(complaint_id ORDER BY complaint_id))[1 : :shown] AS examples
    FROM found GROUP BY kind ORDER BY kind
""")
_SIZE = sa.text(f"""
    SELECT count(*) AS entries, count(DISTINCT complaint_id) AS complaints FROM entry
    WHERE {_OF_TENANT} AND {_OF_COMPLAINTS}
""")


@dataclass(frozen=True)
class Difference:
    """Complaints with which something is wrong in one way, and the first of them."""

    kind: str
    complaints: int
    examples: Sequence[UUID]


class Extent(NamedTuple):
    """How much was compared."""

    entries: int
    complaints: int


async def compare(
    connection: AsyncConnection, tenant: str | None, window: Window, *, kept: UUID, shown: int = 20
) -> Sequence[Difference]:
    """Compare entries of complaints, made within `window`, of one tenant or of all, with what else the ledger knows.

    Of each complaint that has one, all entries count. Own events with ids below `kept` may have left the outbox.
    """
    parameters = {**window.bounds(), "tenant": tenant, "kept": kept, "shown": shown}
    return [Difference(*row) for row in await connection.execute(_COMPARE, parameters)]


async def extent(connection: AsyncConnection, tenant: str | None, window: Window) -> Extent:
    """Say how much `compare` has to do with."""
    return Extent(*(await connection.execute(_SIZE, {**window.bounds(), "tenant": tenant})).one())
