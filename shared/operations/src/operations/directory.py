"""What a service has told of the directory: how many events there were about each thing, in `directory_entry`."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_COUNT = sa.text("""
    INSERT INTO directory_entry (tenant, kind, code, sequence, removed)
    SELECT :tenant, kind, code, 1, :removed
    FROM unnest(CAST(:kinds AS text[]), CAST(:codes AS text[])) AS told (kind, code)
    ON CONFLICT (tenant, kind, code)
    DO UPDATE SET sequence = directory_entry.sequence + 1, removed = EXCLUDED.removed
    RETURNING kind, code, sequence
""")


async def count(
    connection: AsyncConnection, tenant: str, things: Sequence[tuple[str, str]], *, removed: bool
) -> Mapping[tuple[str, str], int]:
    """Count one more event about each of the things (kind and code), none of which may come twice.

    Returns the sequence of each. Whoever calls it holds a lock of the tenant, so events leave in this order.
    """
    parameters = {
        "tenant": tenant,
        "kinds": [kind for kind, _ in things],
        "codes": [code for _, code in things],
        "removed": removed,
    }
    return {(row.kind, row.code): row.sequence for row in await connection.execute(_COUNT, parameters)}
