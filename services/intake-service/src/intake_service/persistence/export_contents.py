"""Knows which complaints are in the file of each export, so that what is erased does not outlive in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.export_tables import export_part
from intake_service.persistence.tables import complaint
from operations.exporting.erasures import ERASED, let_none_end, let_none_erase
from operations.exporting.jobs import Export

_C = export_part.c
_WITHDRAW = sa.text("""
    UPDATE export SET expires_at = CAST(:at AS timestamptz), failure = :failure
    WHERE tenant = :tenant AND state = 'done' AND expires_at > :at
      AND (CAST(:texts AS boolean) OR (request->>'reporters')::boolean)
      AND EXISTS (
        SELECT FROM export_part AS part
        WHERE part.tenant = export.tenant AND part.export_id = export.id
          AND CAST(:erased AS uuid) BETWEEN part.first AND part.last AND :erased = ANY(part.ids))
""")
_ERASED = sa.text("""
    SELECT complaint.id FROM export_part AS part
    CROSS JOIN LATERAL unnest(part.ids) AS one (id)
    JOIN complaint ON complaint.id = one.id AND complaint.tenant = part.tenant
    WHERE part.tenant = :tenant AND part.export_id = :export AND complaint.erased_at IS NOT NULL
""")
_CLEAR = sa.text("""
    DELETE FROM export_part AS part WHERE NOT EXISTS (
        SELECT FROM export WHERE export.tenant = part.tenant AND export.id = part.export_id
          AND state IN ('waiting', 'working', 'done'))
""")


async def begin(connection: AsyncConnection, begun: Export) -> None:
    """Forget what an attempt before has kept."""
    await connection.execute(sa.delete(export_part).where(_C.tenant == begun.tenant, _C.export_id == begun.id))


async def add(connection: AsyncConnection, begun: Export, place: int, ids: Sequence[UUID]) -> None:
    """Keep that these complaints are in the file."""
    facts = {"tenant": begun.tenant, "export_id": begun.id, "place": place}
    await connection.execute(sa.insert(export_part).values(**facts, first=min(ids), last=max(ids), ids=list(ids)))


async def withdraw(connection: AsyncConnection, tenant: str, erased: UUID, at: datetime, *, texts: bool) -> None:
    """Let the files that have this complaint be over, in the transaction that erases it.

    Without `texts`, those that tell who reported.
    """
    await let_none_end(connection, tenant)
    facts = {"tenant": tenant, "at": at, "failure": ERASED, "texts": texts, "erased": erased}
    await connection.execute(_WITHDRAW, facts)


async def has_erased(connection: AsyncConnection, snapshot: AsyncConnection, begun: Export, *, reporters: bool) -> bool:
    """Say whether something in the file, as `snapshot` had it, is erased by now.

    Nothing more is until the transaction of `connection` ends.
    """
    await let_none_erase(connection, begun.tenant)
    ids = (await connection.execute(_ERASED, {"tenant": begun.tenant, "export": begun.id})).scalars().all()
    if not ids:
        return False
    present = await _erased(connection, begun.tenant, ids, reporters=reporters)
    return present != await _erased(snapshot, begun.tenant, ids, reporters=reporters)


async def clear(connection: AsyncConnection) -> None:
    """Forget what was in files that are gone."""
    await connection.execute(_CLEAR)


async def _erased(
    connection: AsyncConnection, tenant: str, ids: Sequence[UUID], *, reporters: bool
) -> dict[UUID, object]:
    """Return what says of each complaint whether more of it was erased."""
    said: sa.ColumnElement[Any] = complaint.c.erased_at if reporters else complaint.c.description == ""
    within = complaint.c.id == sa.any_(sa.literal(ids, sa.ARRAY(sa.Uuid)))
    rows = await connection.execute(sa.select(complaint.c.id, said).where(complaint.c.tenant == tenant, within))
    return {row[0]: row[1] for row in rows}
