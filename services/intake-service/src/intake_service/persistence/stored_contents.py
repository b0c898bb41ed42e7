"""All contents that attachments have, for whoever walks through them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_TOTALS = sa.text("""
    SELECT count(*) AS contents, coalesce(sum(size), 0)::bigint AS bytes
    FROM (SELECT sha256, min(size) AS size FROM attachment_file GROUP BY sha256) AS each
""")
_NEXT = sa.text("""
    SELECT sha256, min(size) AS size FROM attachment_file
    WHERE sha256 > :after GROUP BY sha256 ORDER BY sha256 LIMIT :size
""")
_PATIENCE = sa.text("SET LOCAL idle_in_transaction_session_timeout = 0")


async def stand_still(connection: AsyncConnection) -> None:
    """Let the transaction wait for a store as long as that takes, which on a slow line is minutes.

    Otherwise the server ends it as that of a frozen client, and with it the hold on the content. Nobody but who would
    remove the content waits for it.
    """
    await connection.execute(_PATIENCE)


async def totals(connection: AsyncConnection) -> Any:
    """Return how many there are, `contents`, and their `bytes`."""
    return (await connection.execute(_TOTALS)).one()


async def next_after(connection: AsyncConnection, after: bytes, size: int) -> Sequence[Any]:
    """Return the next contents, `sha256` and `size`, in the order of their hashes; b"" for the first."""
    return (await connection.execute(_NEXT, {"after": after, "size": size})).all()
