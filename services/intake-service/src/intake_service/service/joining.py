"""Adds an attachment to a complaint that is there already."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED
from contracts.roles import STAFF
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.tables import complaint as table
from intake_service.service.locking import lock
from operations.problems import illegal_transition
from runtime import clock
from runtime.auth import Caller
from runtime.problems import Problem


def check_takes_more(row: Any, caller: Caller) -> None:
    """Raise Problem 409: with the present state where the complaint is over for its reporter, else where it was erased.

    Whoever still works on one that was erased can show the work.
    """
    has_ended, is_staff = row.status in ENDED, caller.has(*STAFF)
    if has_ended and not is_staff:
        raise illegal_transition(row.status, row.version)
    if row.erased_at is not None and (has_ended or not is_staff):
        raise Problem(409, "complaint-erased")


async def make_room(connection: AsyncConnection, complaint_id: UUID, caller: Caller, limit: int) -> None:
    """Lock the complaint and note that it changes.

    Raises Problem: 404 unless the caller may add to it (its reporter, or staff), 409 where it takes no more
    (`check_takes_more`), 422 where it has `limit` attachments.
    """
    reporter = None if caller.has(*STAFF) else caller.subject
    row = await lock(connection, caller.tenant, complaint_id, reporter=reporter)
    check_takes_more(row, caller)
    present = sa.select(sa.func.count()).where(attachment.c.complaint_id == complaint_id)
    if (await connection.execute(present)).scalar_one() >= limit:
        raise Problem(422, "too-many-attachments", limit=limit)
    await connection.execute(
        sa.update(table)
        .where(table.c.id == complaint_id, table.c.tenant == caller.tenant)
        .values(version=row.version + 1, updated_at=clock.now())
    )
