"""Single complaints, always within one tenant."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence.complaint_lists import READ, visible
from intake_service.persistence.tables import complaint
from runtime.auth import Caller


class Complaints:
    """Reads complaints on one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Only reads."""
        self._engine = engine

    async def one(self, complaint_id: UUID, caller: Caller) -> Any | None:
        """Return the complaint if it exists and `caller` may see it, else None."""
        query = READ.where(complaint.c.id == complaint_id, *visible(caller))
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).one_or_none()
