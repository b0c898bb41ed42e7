"""Follows complaints of others: whoever is told that something has been reported need not report it again."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence import followers
from intake_service.persistence.tables import complaint
from operations.problems import not_found
from runtime import clock
from runtime.auth import Caller
from runtime.problems import Problem

MOST = 200


async def follow(engine: AsyncEngine, complaint_id: UUID, caller: Caller, *, is_affected: bool) -> None:
    """Let the caller follow it, and count them once where they say that it is theirs too.

    Raises Problem: 404 for an unknown complaint, 409 `follow-own` for the caller's own, 409 `follows-too-many` beyond
    MOST.
    """
    query = sa.select(complaint.c.owner).where(complaint.c.id == complaint_id, complaint.c.tenant == caller.tenant)
    async with engine.begin() as connection:
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found()
        if row.owner == caller.subject:
            raise Problem(409, "follow-own")
        if await followers.count(connection, caller.tenant, caller.subject, complaint_id) >= MOST:
            raise Problem(409, "follows-too-many", most=MOST)
        await followers.follow(
            connection, caller.tenant, caller.subject, complaint_id, is_affected=is_affected, now=clock.now()
        )
