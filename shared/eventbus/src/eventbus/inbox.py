"""Claims event ids, so that each consumer applies each event once."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_CLAIM = sa.text("""
    WITH claimed AS (
        INSERT INTO inbox (event_id, consumer) SELECT unnest(CAST(:ids AS uuid[])), :consumer
        ON CONFLICT DO NOTHING RETURNING event_id)
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS id WHERE id NOT IN (SELECT event_id FROM claimed)
""")
_CLAIM_UNLESS_PARKED = sa.text("""
    WITH claimed AS (
        INSERT INTO inbox (event_id, consumer) SELECT unnest(CAST(:ids AS uuid[])), :consumer
        WHERE NOT EXISTS (SELECT FROM parked_message WHERE state = 'parked' AND consumer = :consumer)
        ON CONFLICT DO NOTHING RETURNING event_id)
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS id WHERE id NOT IN (SELECT event_id FROM claimed)
""")
_APPLIED = sa.text("SELECT event_id FROM inbox WHERE consumer = :consumer AND event_id = ANY(CAST(:ids AS uuid[]))")


async def claim(
    connection: AsyncConnection, consumer: str, ids: Sequence[UUID], *, unless_parked: bool = False
) -> set[UUID]:
    """Mark `ids`, each of which stands there once, as applied by `consumer`; return those that were so before.

    A concurrent claim of the same id waits for the other transaction, so two owners of a partition cannot both win.
    The claim lasts if the caller's transaction commits. Repeats are rare: it is they that are sent back. With
    `unless_parked`, nothing is claimed and all ids come back where any message of `consumer` is parked.
    """
    if not ids:
        return set()
    repeats = await connection.execute(
        _CLAIM_UNLESS_PARKED if unless_parked else _CLAIM, {"ids": list(ids), "consumer": consumer}
    )
    return set(repeats.scalars())


async def applied(connection: AsyncConnection, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of `ids` that `consumer` has applied before."""
    return set((await connection.execute(_APPLIED, {"ids": list(ids), "consumer": consumer})).scalars())
