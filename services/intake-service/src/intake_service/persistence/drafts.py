"""Rows of drafts, always of one owner, and the attachments that they keep from being swept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.draft_tables import draft
from intake_service.persistence.tables import complaint
from runtime.auth import Caller

_BATCH = 500
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:owner AS text), 7))")
_EXPIRE = sa.text(f"""
    WITH gone AS (
        DELETE FROM draft WHERE id IN (
            SELECT id FROM draft WHERE expires_at <= CAST(:now AS timestamptz) LIMIT {_BATCH} FOR UPDATE SKIP LOCKED)
        RETURNING id),
    released AS (UPDATE attachment SET draft_id = NULL WHERE draft_id IN (SELECT id FROM gone))
    SELECT count(*) FROM gone
""")
_READ = sa.select(draft, complaint.c.number).outerjoin_from(
    draft, complaint, sa.and_(complaint.c.id == draft.c.complaint_id, complaint.c.tenant == draft.c.tenant)
)


class Submitting(NamedTuple):
    """A draft, as its owner saw it, that becomes a complaint."""

    id: UUID
    version: int


def _mine(caller: Caller) -> list[sa.ColumnElement[bool]]:
    return [draft.c.tenant == caller.tenant, draft.c.owner == caller.subject]


def _living(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [draft.c.complaint_id.is_(None), draft.c.expires_at > now]


async def count(connection: AsyncConnection, caller: Caller, now: datetime) -> int:
    """Count the caller's drafts; nobody else counts them until the transaction ends."""
    await connection.execute(_ONE_AT_A_TIME, {"owner": f"{caller.tenant}/{caller.subject}"})
    query = sa.select(sa.func.count()).select_from(draft).where(*_mine(caller), *_living(now))
    return int((await connection.execute(query)).scalar_one())


async def insert(
    connection: AsyncConnection, caller: Caller, draft_id: UUID, body: dict[str, Any], now: datetime, until: datetime
) -> None:
    """Add a draft of the caller that ends at `until`."""
    times = {"created_at": now, "updated_at": now, "expires_at": until}
    row = {"id": draft_id, "tenant": caller.tenant, "owner": caller.subject, "body": body, **times}
    await connection.execute(sa.insert(draft).values(row))


async def one(
    connection: AsyncConnection, caller: Caller, draft_id: UUID, now: datetime, *, lock: bool = False
) -> Any | None:
    """Return the caller's draft, also one that has become a complaint (`complaint_id`, `number`), else None."""
    query = _READ.where(*_mine(caller), draft.c.id == draft_id, draft.c.expires_at > now)
    return (await connection.execute(query.with_for_update(of=draft) if lock else query)).one_or_none()


async def page(
    connection: AsyncConnection, caller: Caller, now: datetime, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Return up to `limit` drafts of the caller, newest first, older than `before`."""
    query = _READ.where(*_mine(caller), *_living(now))
    if before is not None:
        query = query.where(draft.c.id < before)
    return (await connection.execute(query.order_by(draft.c.id.desc()).limit(limit))).all()


async def update(
    connection: AsyncConnection, draft_id: UUID, version: int, body: dict[str, Any], now: datetime, until: datetime
) -> None:
    """Write a locked draft back."""
    values = {"body": body, "version": version, "updated_at": now, "expires_at": until}
    await connection.execute(sa.update(draft).where(draft.c.id == draft_id).values(values))


async def delete(connection: AsyncConnection, draft_id: UUID) -> None:
    """Delete a locked draft; what it kept waits as any upload does."""
    await keep(connection, draft_id, [])
    await connection.execute(sa.delete(draft).where(draft.c.id == draft_id))


async def end(
    connection: AsyncConnection, caller: Caller, which: Submitting, complaint_id: UUID, now: datetime
) -> bool:
    """Let a draft become a complaint and forget what it said; False where it has changed, ended or become one."""
    statement = (
        sa.update(draft)
        .where(*_mine(caller), *_living(now), draft.c.id == which.id, draft.c.version == which.version)
        .values(complaint_id=complaint_id, body={}, version=which.version + 1, updated_at=now)
    )
    return (await connection.execute(statement)).rowcount == 1


async def keep(connection: AsyncConnection, draft_id: UUID, ids: Sequence[UUID]) -> None:
    """Let a locked draft keep these attachments, which `hold` has given to it, and no others."""
    others = sa.and_(attachment.c.draft_id == draft_id, attachment.c.id.not_in(ids))
    await connection.execute(sa.update(attachment).where(others).values(draft_id=None))


async def hold(connection: AsyncConnection, caller: Caller, draft_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Give uploads of the caller that are in no complaint and no other draft to a draft; return which it has."""
    statement = (
        sa.update(attachment)
        .where(
            attachment.c.id.in_(ids),
            attachment.c.tenant == caller.tenant,
            attachment.c.uploaded_by == caller.subject,
            attachment.c.complaint_id.is_(None),
            attachment.c.draft_id.is_(None) | (attachment.c.draft_id == draft_id),
        )
        .values(draft_id=draft_id)
        .returning(attachment.c.id)
    )
    return set((await connection.execute(statement)).scalars())


async def expire(connection: AsyncConnection, now: datetime) -> int:
    """Delete a batch of drafts whose time is over; return how many."""
    return int((await connection.execute(_EXPIRE, {"now": now})).scalar_one())
