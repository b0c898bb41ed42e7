"""Questions to reporters: asked, answered or lapsed; the complaint's row decides which of the last two it is.

A complaint waits for one answer at most, and only while somebody works on it: what ends the work, or lays it aside,
ends the wait with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import QuestionAnswered, QuestionAsked
from contracts.lifecycle import EventType, Status
from contracts.roles import Role
from intake_service.domain.reporting import MOST_QUESTIONS, Words
from intake_service.domain.standing import RUNNING
from intake_service.persistence.reporter_tables import question
from intake_service.persistence.tables import complaint as table
from intake_service.service.conversing import give_attachments, lock_spoken_of, tell
from intake_service.service.locking import lock
from intake_service.service.voices import Voice
from operations.problems import illegal_transition
from runtime import clock, etag
from runtime.auth import Caller
from runtime.ids import uuid7
from runtime.problems import Problem

_AT_DESK = (Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR)
"""They may ask about any complaint; officers about those that they work on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it stands, and the complaint's version since."""

    row: Any
    version: int


async def ask(
    connection: AsyncConnection, complaint_id: UUID, caller: Caller, text: str, keep: timedelta, if_match: int | None
) -> Asked:
    """Ask the reporter, and let the clock wait for so long as `keep`, in the caller's transaction.

    Raises Problem: 404, 403 `not-in-charge` for an officer who has not the case, 412 for a stale `if_match`, 409
    `question-not-now` unless somebody works on it, `question-open` while another one waits, `no-reporter` where nobody
    could answer, `too-many-questions`.
    """
    row = await lock(connection, caller.tenant, complaint_id)
    if not caller.has(*_AT_DESK) and (row.work or {}).get("officer") != caller.subject:
        raise Problem(403, "not-in-charge")
    etag.check(if_match, row.version)
    if Status(row.status) not in RUNNING:
        raise illegal_transition(row.status, row.version, "question-not-now")
    if row.question is not None:
        raise Problem(409, "question-open")
    if row.erased_at is not None:
        raise Problem(409, "no-reporter")
    count = sa.select(sa.func.count()).where(question.c.complaint_id == row.id)
    if (await connection.execute(count)).scalar_one() >= MOST_QUESTIONS:
        raise Problem(409, "too-many-questions", limit=MOST_QUESTIONS)
    now, question_id = clock.now(), uuid7()
    new = {
        "id": question_id,
        "tenant": row.tenant,
        "complaint_id": row.id,
        "state": "open",
        "text": text,
        "asked_by": caller.subject,
        "asked_at": now,
        "lapses_at": now + keep,
    }
    inserted = (await connection.execute(sa.insert(question).values(**new).returning(question))).one()
    data = QuestionAsked(question=question_id, actor=caller.subject, text=text, lapses_at=now + keep)
    said = {"lapses_at": (now + keep).isoformat()}
    version = await tell(connection, row, EventType.QUESTION_ASKED, data, now, said, question=question_id)
    return Asked(inserted, version)


async def answer(
    connection: AsyncConnection,
    complaint_id: UUID,
    question_id: UUID,
    voice: Voice,
    words: Words,
    most_attachments: int,
) -> Asked:
    """Answer the open question in the caller's transaction: the clock goes on.

    Raises Problem: 404 for an unknown complaint or question, 409 `question-over` unless it is waited for, 422 for
    attachments that cannot be used.
    """
    row = await lock_spoken_of(connection, complaint_id, voice)
    known = sa.select(question).where(question.c.id == question_id, question.c.complaint_id == row.id)
    if (await connection.execute(known)).one_or_none() is None:
        raise Problem(404, "question-not-found")
    if row.question != question_id or Status(row.status) not in RUNNING:
        raise illegal_transition(row.status, row.version, "question-over")
    await give_attachments(connection, row, words.attachments, voice, most_attachments)
    now = clock.now()
    change = (
        sa.update(question)
        .where(question.c.id == question_id)
        .values(
            state="answered",
            answer=words.text,
            actor=voice.actor,
            attachments=list(words.attachments),
            ended_at=now,
        )
        .returning(question)
    )
    answered = (await connection.execute(change)).one()
    data = QuestionAnswered(
        question=question_id,
        actor=voice.actor,
        by=voice.by,
        text=words.text,
        attachments=words.attachments or None,
    )
    return Asked(answered, await tell(connection, row, EventType.QUESTION_ANSWERED, data, now, question=None))


async def of_complaint(connection: AsyncConnection, complaint_id: UUID) -> Sequence[Any]:
    """Return all questions about a complaint that the caller may see, in order; one that is over is not open."""
    query = (
        sa.select(*(each for each in question.c if each.name != "state"), _STATE)
        .join(table, table.c.id == question.c.complaint_id)
        .where(question.c.complaint_id == complaint_id)
        .order_by(question.c.id)
    )
    return (await connection.execute(query)).all()


async def by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return questions by their ids."""
    if not ids:
        return {}
    return {row.id: row for row in await connection.execute(sa.select(question).where(question.c.id.in_(ids)))}


_IS_WAITED_FOR = sa.and_(
    table.c.question.is_not_distinct_from(question.c.id), table.c.status.in_([each.value for each in RUNNING])
)
_STATE = sa.case(
    (sa.and_(question.c.state == "open", sa.not_(_IS_WAITED_FOR)), "dropped"), else_=question.c.state
).label("state")
