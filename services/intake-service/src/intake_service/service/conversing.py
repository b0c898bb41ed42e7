"""Changes a locked complaint and tells everybody, in one transaction: what reporter and bureau say to each other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Payload
from contracts.lifecycle import ENDED, EventType, Status
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.persistence import attachments
from intake_service.persistence.attachment_tables import attachment
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint as table
from intake_service.service.locking import lock
from intake_service.service.referring import check_listed, check_usable
from intake_service.service.voices import Voice
from operations.problems import illegal_transition
from runtime.problems import Problem


async def lock_spoken_of(connection: AsyncConnection, complaint_id: UUID, voice: Voice) -> Any:
    """Return the complaint, locked; Problem 404 unless the voice is its reporter's or an operator's."""
    caller = voice.caller
    reporter = caller.subject if voice.by == "reporter" and not voice.has_code else None
    return await lock(connection, caller.tenant, complaint_id, reporter=reporter)


def check_not_over(row: Any) -> None:
    """Raise Problem 409 `complaint-<state>` where the complaint has ended, `complaint-erased` where it was erased."""
    if Status(row.status) in ENDED:
        raise illegal_transition(row.status, row.version, f"complaint-{row.status}")
    if row.erased_at is not None:
        raise Problem(409, "complaint-erased")


async def give_attachments(
    connection: AsyncConnection, row: Any, ids: tuple[UUID, ...], voice: Voice, limit: int
) -> None:
    """Give what the voice has uploaded to the locked complaint.

    Raises Problem 422: for one that is unknown, another's, used or named twice, and where the complaint has more than
    `limit` then.
    """
    if not ids:
        return
    check_listed(ids, limit)
    present = sa.select(sa.func.count()).where(attachment.c.complaint_id == row.id)
    if (await connection.execute(present)).scalar_one() + len(ids) > limit:
        raise Problem(422, "too-many-attachments", limit=limit)
    if not await attachments.claim(connection, row.id, ids, voice.caller):
        await check_usable(connection, ids, voice.caller)
        raise Problem(409, "conflict")


async def tell(
    connection: AsyncConnection,
    row: Any,
    event_type: EventType,
    data: Payload,
    now: datetime,
    said: Mapping[str, object] | None = None,
    **columns: object,
) -> int:
    """Add an event to a locked complaint, with a step that says `said` of it; return the complaint's new version."""
    event = event_about(row.tenant, row.id, row.sequence + 1, event_type, data, now)
    step = {"kind": event_type.removeprefix("complaint."), "at": now.isoformat(), **(said or {})}
    await connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.tenant == row.tenant)
        .values(
            sequence=event.sequence,
            version=row.version + 1,
            updated_at=now,
            progress=table.c.progress.op("||")(sa.type_coerce([step], JSONB)),
            **columns,
        )
    )
    await outbox.append(connection, LIFECYCLE.name, [event])
    return int(row.version) + 1
