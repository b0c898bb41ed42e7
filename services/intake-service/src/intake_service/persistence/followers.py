"""Who follows whose complaints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.likeness_tables import follower
from intake_service.persistence.tables import complaint

_master = complaint.alias("master")


async def count(connection: AsyncConnection, tenant: str, subject: str) -> int:
    """Return how many complaints somebody follows."""
    query = sa.select(sa.func.count()).where(follower.c.tenant == tenant, follower.c.subject == subject)
    return (await connection.execute(query)).scalar_one()


async def follow(
    connection: AsyncConnection, tenant: str, subject: str, complaint_id: UUID, *, is_affected: bool, now: datetime
) -> None:
    """Follow a complaint; whoever follows it already says anew whether it is theirs too."""
    values = {
        "complaint_id": complaint_id,
        "subject": subject,
        "tenant": tenant,
        "is_affected": is_affected,
        "created_at": now,
    }
    statement = insert(follower).values(values)
    key = [follower.c.complaint_id, follower.c.subject]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"is_affected": is_affected}))


async def unfollow(connection: AsyncConnection, tenant: str, subject: str, complaint_id: UUID) -> None:
    """Follow it no more; nothing happens where it was not followed."""
    await connection.execute(
        sa.delete(follower).where(
            follower.c.tenant == tenant, follower.c.subject == subject, follower.c.complaint_id == complaint_id
        )
    )


async def page(
    connection: AsyncConnection, tenant: str, subject: str, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Return the complaints that somebody follows, newest first, each as its master stands where it was merged."""
    query = (
        sa.select(
            complaint.c.id,
            complaint.c.received_at,
            follower.c.is_affected,
            sa.func.coalesce(_master.c.category, complaint.c.category).label("category"),
            sa.func.coalesce(_master.c.configuration, complaint.c.configuration).label("configuration"),
            sa.func.coalesce(_master.c.status, complaint.c.status).label("status"),
            sa.func.coalesce(_master.c.unit, complaint.c.unit).label("unit"),
            sa.func.coalesce(_master.c.updated_at, complaint.c.updated_at).label("updated_at"),
            sa.func.coalesce(_master.c.progress, complaint.c.progress).label("progress"),
        )
        .join(complaint, complaint.c.id == follower.c.complaint_id)
        .outerjoin(_master, _master.c.id == complaint.c.merged_into)
        .where(follower.c.tenant == tenant, follower.c.subject == subject)
    )
    if before is not None:
        query = query.where(follower.c.complaint_id < before)
    return (await connection.execute(query.order_by(follower.c.complaint_id.desc()).limit(limit))).all()
