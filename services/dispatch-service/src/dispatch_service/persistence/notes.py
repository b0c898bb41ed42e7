"""What people of the bureau have noted about cases."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.tables import case_note


async def count(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> int:
    """Return how many notes there are about a case."""
    columns = case_note.c
    statement = sa.select(sa.func.count()).where(columns.tenant == tenant, columns.complaint_id == complaint_id)
    return int((await connection.execute(statement)).scalar_one())


async def add(
    connection: AsyncConnection, note_id: UUID, tenant: str, complaint_id: UUID, *, text: str, by: str, at: datetime
) -> None:
    """Store a note about a case that is locked."""
    row = {"id": note_id, "tenant": tenant, "complaint_id": complaint_id, "text": text}
    await connection.execute(sa.insert(case_note).values(**row, written_by=by, written_at=at))
