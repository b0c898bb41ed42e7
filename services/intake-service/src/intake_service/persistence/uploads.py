"""Rows of uploads that are not finished."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.attachment import Wish
from intake_service.persistence.attachment_tables import attachment_upload as table
from runtime.auth import Caller


async def begin(
    connection: AsyncConnection, new_id: UUID, caller: Caller, wish: Wish, size: int, now: datetime
) -> tuple[Any, bool]:
    """Return the caller's upload of this content, and whether it is a new one; what `wish` says counts from now on.

    The size stays as it was begun with.
    """
    said = {"role": wish.role, "name": wish.name, "complaint_id": wish.complaint}
    statement = (
        insert(table)
        .values(
            id=new_id,
            tenant=caller.tenant,
            uploaded_by=caller.subject,
            sha256=wish.sha256,
            size=size,
            created_at=now,
            **said,
        )
        .on_conflict_do_update(constraint="attachment_upload_once", set_=said)
        .returning(table)
    )
    row = (await connection.execute(statement)).one()
    return row, row.id == new_id


async def one(connection: AsyncConnection, upload_id: UUID, caller: Caller) -> Any | None:
    """Return the upload if it is the caller's, else None."""
    return (await connection.execute(sa.select(table).where(*_mine(upload_id, caller)))).one_or_none()


async def pieces(connection: AsyncConnection, upload_id: UUID) -> Sequence[str]:
    """Return the names of its pieces, in order; none where it is over."""
    statement = sa.select(table.c.pieces).where(table.c.id == upload_id)
    return (await connection.execute(statement)).scalar_one_or_none() or ()


async def append(connection: AsyncConnection, upload_id: UUID, former: int, arrived: int, names: Sequence[str]) -> bool:
    """Note how far the upload is and what it is made of now; False where it is over, or not at `former` any more."""
    mine = sa.and_(table.c.id == upload_id, table.c.arrived == former)
    statement = sa.update(table).where(mine).values(arrived=arrived, pieces=list(names))
    return (await connection.execute(statement)).rowcount == 1


async def end(connection: AsyncConnection, upload_id: UUID, caller: Caller) -> bool:
    """Delete the upload, finished or given up; False where another request, or its age, ended it before."""
    return (await connection.execute(sa.delete(table).where(*_mine(upload_id, caller)))).rowcount == 1


async def end_those_before(connection: AsyncConnection, before: datetime) -> Sequence[UUID]:
    """Delete the uploads that were begun before that moment and return their ids."""
    statement = sa.delete(table).where(table.c.created_at < before).returning(table.c.id)
    return (await connection.execute(statement)).scalars().all()


async def known(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of `ids` that are uploads."""
    return set((await connection.execute(sa.select(table.c.id).where(table.c.id.in_(ids)))).scalars())


def _mine(upload_id: UUID, caller: Caller) -> list[sa.ColumnElement[bool]]:
    return [table.c.id == upload_id, table.c.tenant == caller.tenant, table.c.uploaded_by == caller.subject]
