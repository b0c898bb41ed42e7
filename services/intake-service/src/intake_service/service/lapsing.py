"""Lets the clock go on where a reporter has not answered in time: each question once, whichever replica is first."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import QuestionLapsed
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.domain.standing import RUNNING
from intake_service.persistence.own_events import event_about

_BATCH = 200
_DUE = sa.text("""
    SELECT question.id, question.complaint_id, statement_timestamp() AS now,
           complaint.question = question.id AND complaint.status = ANY(CAST(:running AS text[])) AS is_waited_for
    FROM question JOIN complaint ON complaint.id = question.complaint_id
    WHERE question.state = 'open' AND question.lapses_at <= statement_timestamp()
    ORDER BY question.lapses_at LIMIT :size FOR UPDATE OF complaint, question SKIP LOCKED
""")
_END = sa.text("""
    UPDATE question SET state = ended.state, ended_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[])) AS ended (id, state) WHERE question.id = ended.id
""")
_GO_ON = sa.text("""
    UPDATE complaint SET question = NULL, sequence = sequence + 1, version = version + 1, updated_at = :now,
        progress = progress || jsonb_build_array(
            jsonb_build_object('kind', 'question_lapsed', 'at', CAST(:now AS timestamptz)))
    FROM unnest(CAST(:ids AS uuid[]), CAST(:questions AS uuid[])) AS lapsed (complaint_id, question_id)
    WHERE complaint.id = lapsed.complaint_id
    RETURNING complaint.id, tenant, sequence, lapsed.question_id
""")


async def lapse_due(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Let all questions lapse whose time is over, up to `size` in a transaction; return how many were waited for."""
    lapsed = 0
    while True:
        async with engine.begin() as connection:
            looked_at, waited_for = await _lapse_batch(connection, size)
        lapsed += waited_for
        if looked_at < size:
            return lapsed


async def _lapse_batch(connection: AsyncConnection, size: int) -> tuple[int, int]:
    """Return how many questions were over, and how many of them were waited for until now."""
    running = [status.value for status in RUNNING]
    due = (await connection.execute(_DUE, {"running": running, "size": size})).all()
    if not due:
        return 0, 0
    now: datetime = due[0].now
    states = ["lapsed" if row.is_waited_for else "dropped" for row in due]
    await connection.execute(_END, {"ids": [row.id for row in due], "states": states, "now": now})
    waited = [row for row in due if row.is_waited_for]
    if waited:
        keys = {"ids": [row.complaint_id for row in waited], "questions": [row.id for row in waited]}
        changed = await connection.execute(_GO_ON, {**keys, "now": now})
        events = [
            event_about(
                row.tenant,
                row.id,
                row.sequence,
                EventType.QUESTION_LAPSED,
                QuestionLapsed(question=row.question_id),
                now,
            )
            for row in changed
        ]
        await outbox.append(connection, LIFECYCLE.name, events)
    return len(due), len(waited)
