"""Reads the entries of complaints that have come since, in the order of their positions."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.tail import MOST_SEEN, Tail

_BEGIN = sa.text("""
    SELECT coalesce((SELECT settled FROM chain WHERE tenant = :tenant), 0) AS settled,
           ARRAY(SELECT position FROM entry
                 WHERE tenant = :tenant AND position > coalesce((SELECT settled FROM chain WHERE tenant = :tenant), 0)
                 ORDER BY position DESC LIMIT :size) AS seen
""")


def behind(columns: str) -> str:
    """Return the query of the first `:size` entries about complaints of a tenant behind `:after` that were not `:seen`.

    Each row begins with the oldest transaction that was open, and the one that will follow; where there is no entry,
    the only row has nothing else. `columns` are those of `entry` and `complaint`, the position among them.
    """
    return f"""
        SELECT CAST(CAST(pg_snapshot_xmin(snapshot) AS text) AS bigint) AS oldest,
               CAST(CAST(pg_snapshot_xmax(snapshot) AS text) AS bigint) AS following, found.*
        FROM pg_current_snapshot() AS snapshot LEFT JOIN LATERAL (
            SELECT {columns} FROM entry JOIN ledger_complaint AS complaint USING (tenant, complaint_id)
            WHERE tenant = :tenant AND position > :after AND position <> ALL (CAST(:seen AS bigint[]))
            ORDER BY position LIMIT :size
        ) AS found ON true ORDER BY position
    """


_SINCE = sa.text(
    behind("entry.*, number, complaint.source AS reported_by, category, community, grid, team, lon, lat, address")
)


class Newest(NamedTuple):
    """Entries, each with what its complaint is about, and the snapshot that they were seen in."""

    rows: Sequence[dict[str, Any]]
    oldest: int
    following: int


async def begin(connection: AsyncConnection, tenant: str) -> Tail:
    """Return a tail that has seen all that there is."""
    row = (await connection.execute(_BEGIN, {"tenant": tenant, "size": MOST_SEEN + 1})).one()
    return Tail(row.settled, row.seen)


async def since(connection: AsyncConnection, tenant: str, after: int, seen: Collection[int], *, size: int) -> Newest:
    """Return up to `size` entries behind the position `after` that were not `seen`."""
    parameters = {"tenant": tenant, "after": after, "seen": list(seen), "size": size}
    rows = [dict(row) for row in (await connection.execute(_SINCE, parameters)).mappings()]
    snapshot = rows[0]
    return Newest([row for row in rows if row["position"] is not None], snapshot["oldest"], snapshot["following"])
