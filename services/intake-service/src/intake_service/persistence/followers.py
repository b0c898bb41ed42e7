"""Who follows whose complaints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.likeness_tables import follower
from intake_service.persistence.tables import complaint

_master = complaint.alias("master")
_PROBLEM = sa.func.coalesce(complaint.c.merged_into, complaint.c.id)
"""One for what was merged and its master."""


async def count(connection: AsyncConnection, tenant: str, subject: str, besides: UUID) -> int:
    """Return how many complaints somebody follows besides that one."""
    query = sa.select(sa.func.count()).where(
        follower.c.tenant == tenant, follower.c.subject == subject, follower.c.complaint_id != besides
    )
    return (await connection.execute(query)).scalar_one()


async def follow(
    connection: AsyncConnection, tenant: str, subject: str, complaint_id: UUID, *, is_affected: bool, now: datetime
) -> None:
    """Follow a complaint; whoever follows the problem already says anew whether it is theirs too."""
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
    others = sa.update(follower).where(*_of_problem(tenant, subject, complaint_id))
    await connection.execute(others.values(is_affected=is_affected))


async def unfollow(connection: AsyncConnection, tenant: str, subject: str, complaint_id: UUID) -> None:
    """Follow it no more, nor what it is one problem with; nothing happens where it was not followed."""
    await connection.execute(sa.delete(follower).where(*_of_problem(tenant, subject, complaint_id)))


async def page(
    connection: AsyncConnection, tenant: str, subject: str, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Return the problems that somebody follows, newest first, each as its master stands where it was merged.

    Of master and merged ones it is the master where they follow that, else the newest.
    """
    query = (
        sa.select(
            complaint.c.id,
            complaint.c.received_at,
            sa.func.bool_or(follower.c.is_affected).over(partition_by=_PROBLEM).label("is_affected"),
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
        .ext(distinct_on(_PROBLEM))
        .order_by(_PROBLEM, (complaint.c.id == _PROBLEM).desc(), complaint.c.id.desc())
    ).subquery()
    page = sa.select(query).order_by(query.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(query.c.id < before)
    return (await connection.execute(page)).all()


def _of_problem(tenant: str, subject: str, complaint_id: UUID) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of what somebody follows that is one problem with a complaint."""
    problem = sa.select(_PROBLEM).where(complaint.c.id == complaint_id, complaint.c.tenant == tenant).scalar_subquery()
    same = sa.select(_master.c.id).where(
        _master.c.id == follower.c.complaint_id, sa.func.coalesce(_master.c.merged_into, _master.c.id) == problem
    )
    return [follower.c.tenant == tenant, follower.c.subject == subject, same.exists()]
