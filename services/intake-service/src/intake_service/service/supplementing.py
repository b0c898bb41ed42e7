"""Adds to a complaint what its reporter says later 补充材料."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import ComplaintSupplemented
from contracts.lifecycle import EventType
from intake_service.domain.reporting import MOST_SUPPLEMENTS, Words
from intake_service.persistence.reporter_tables import supplement
from intake_service.service.conversing import check_not_over, give_attachments, lock_spoken_of, tell
from intake_service.service.voices import Voice
from runtime import clock
from runtime.ids import uuid7
from runtime.problems import Problem


@dataclass(frozen=True, slots=True)
class Added:
    """What was added, and the complaint's version since."""

    id: UUID
    at: datetime
    version: int


async def add(
    connection: AsyncConnection, complaint_id: UUID, voice: Voice, words: Words, most_attachments: int
) -> Added:
    """Add `words` to the complaint in the caller's transaction.

    Raises Problem: 404 unless the voice may speak of it, 409 where it is over (`check_not_over`) or where much was
    added (`too-many-supplements`), 422 for attachments that cannot be used.
    """
    row = await lock_spoken_of(connection, complaint_id, voice)
    check_not_over(row)
    count = sa.select(sa.func.count()).where(supplement.c.complaint_id == row.id)
    if (await connection.execute(count)).scalar_one() >= MOST_SUPPLEMENTS:
        raise Problem(409, "too-many-supplements", limit=MOST_SUPPLEMENTS)
    await give_attachments(connection, row, words.attachments, voice, most_attachments)
    now, supplement_id, place = clock.now(), uuid7(), words.place
    await connection.execute(
        sa.insert(supplement).values(
            id=supplement_id,
            tenant=row.tenant,
            complaint_id=row.id,
            by_operator=voice.by == "operator",
            actor=voice.actor,
            text=words.text,
            lon=place and place.lon,
            lat=place and place.lat,
            address=place and place.address,
            attachments=list(words.attachments),
            written_at=now,
        )
    )
    data = ComplaintSupplemented(
        supplement=supplement_id,
        actor=voice.actor,
        by=voice.by,
        text=words.text,
        location=place,
        attachments=words.attachments or None,
    )
    return Added(supplement_id, now, await tell(connection, row, EventType.SUPPLEMENTED, data, now))


async def of_complaint(connection: AsyncConnection, complaint_id: UUID) -> Sequence[Any]:
    """Return all that was added to a complaint that the caller may see, in order."""
    query = sa.select(supplement).where(supplement.c.complaint_id == complaint_id).order_by(supplement.c.id)
    return (await connection.execute(query)).all()
