"""What nobody needs any more: attachments that nothing refers to, files without an attachment."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.attachment_tables import UNUSED

_BATCH = 500
_FORGET = sa.text(f"""
    WITH forgotten AS (
        DELETE FROM attachment WHERE id IN (
            SELECT id FROM attachment
            WHERE {UNUSED} AND created_at < CASE WHEN by_staff
                THEN CAST(:staff_before AS timestamptz) ELSE CAST(:before AS timestamptz) END
            LIMIT {_BATCH} FOR UPDATE SKIP LOCKED)
        RETURNING id)
    DELETE FROM attachment_file WHERE attachment_id IN (SELECT id FROM forgotten) RETURNING sha256
""")
_SEIZE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(encode(CAST(:sha256 AS bytea), 'hex'), 0))")
_IS_NEEDED = sa.text("SELECT EXISTS (SELECT FROM attachment_file WHERE sha256 = :sha256)")
_NEEDED = sa.text("SELECT sha256 FROM attachment_file WHERE sha256 = ANY(CAST(:hashes AS bytea[]))")


async def forget(connection: AsyncConnection, before: datetime, staff_before: datetime) -> Sequence[bytes]:
    """Delete a batch of attachments that nothing refers to and that are older; return the hashes of their files."""
    found = await connection.execute(_FORGET, {"before": before, "staff_before": staff_before})
    return list(dict.fromkeys(found.scalars()))


async def seize_unneeded(connection: AsyncConnection, sha256: bytes) -> bool:
    """Say whether no attachment has this content; until the transaction ends, none can get it from the store."""
    await connection.execute(_SEIZE, {"sha256": sha256})
    return not (await connection.execute(_IS_NEEDED, {"sha256": sha256})).scalar_one()


async def needed(connection: AsyncConnection, hashes: Sequence[bytes]) -> set[bytes]:
    """Return those of `hashes` that attachments have."""
    return set((await connection.execute(_NEEDED, {"hashes": list(hashes)})).scalars())
