"""Takes personal data out of the ledger: out of entries, and out of what they make of their complaint.

The entry of the erasure comes first; a trigger lets the texts of entries go only where one stands behind them, and
keeps their digest (ADR 0009).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintErased
from contracts.lifecycle import EventType
from eventbus.driver import Statement
from ledger_service.domain.entry_types import OwnType
from ledger_service.domain.erasing import FREE_TEXTS, OF_REPORTER, PLAIN

_ERASED = """
    unnest(CAST(:tenants AS text[]), CAST(:complaints AS uuid[]), CAST(:events AS uuid[]),
           CAST(:times AS timestamptz[]), CAST(:texts AS boolean[])) AS e (tenant, complaint_id, event_id, at, texts)
"""
_ENTRIES = Statement(f"""
    UPDATE entry SET data = NULL, actor = NULL, salt = NULL
    FROM {_ERASED} JOIN entry AS erasure USING (tenant, complaint_id, event_id)
    WHERE entry.tenant = e.tenant AND entry.complaint_id = e.complaint_id AND entry.position < erasure.position
      AND entry.data IS NOT NULL AND entry.type <> '{EventType.ERASED}'
      AND (entry.type = ANY(CAST(:of_reporter AS text[]))
           OR e.texts AND (entry.type <> ALL(CAST(:plain AS text[])) OR entry.data ~ CAST(:free_texts AS text)))
""")
_COMPLAINTS = Statement(f"""
    UPDATE ledger_complaint AS c
    SET erased_at = e.at, owner = NULL, external_ref = NULL, query_code_digest = NULL,
        description = CASE WHEN e.texts THEN '' ELSE description END,
        address = CASE WHEN e.texts THEN NULL ELSE address END,
        lon = CASE WHEN e.texts THEN NULL ELSE lon END,
        lat = CASE WHEN e.texts THEN NULL ELSE lat END
    FROM (SELECT tenant, complaint_id, max(at) AS at, bool_or(texts) AS texts FROM {_ERASED}
          GROUP BY tenant, complaint_id) AS e
    WHERE c.tenant = e.tenant AND c.complaint_id = e.complaint_id
""")
_FOLLOW_UPS = Statement(f"""
    UPDATE follow_up SET note = NULL, reason = NULL
    FROM {_ERASED} WHERE follow_up.tenant = e.tenant AND follow_up.complaint_id = e.complaint_id AND e.texts
""")
_REQUESTS = Statement(f"""
    UPDATE ending_request SET reason = '', decision_reason = NULL
    FROM {_ERASED} WHERE ending_request.tenant = e.tenant AND ending_request.complaint_id = e.complaint_id AND e.texts
""")
_APPEALS = Statement(f"""
    UPDATE rating_appeal SET reason = '', decision_reason = NULL
    FROM {_ERASED} WHERE rating_appeal.tenant = e.tenant AND rating_appeal.complaint_id = e.complaint_id AND e.texts
""")
_WAITING = Statement(f"""
    SELECT e.event_id FROM {_ERASED} JOIN ledger_complaint AS c USING (tenant, complaint_id)
    WHERE c.erased_at IS NULL OR c.erased_at < e.at
""")
_REVIEWS = Statement(f"""
    SELECT DISTINCT ON (entry.subject) entry.tenant, entry.subject, e.complaint_id, e.event_id, erasure.actor, e.at
    FROM {_ERASED} JOIN entry AS erasure USING (tenant, complaint_id, event_id)
    JOIN follow_up ON follow_up.tenant = e.tenant AND follow_up.complaint_id = e.complaint_id
    JOIN entry ON entry.tenant = follow_up.tenant AND entry.subject = follow_up.id
    WHERE e.texts AND entry.type = '{OwnType.REVIEW_DECIDED}' AND entry.data IS NOT NULL
    ORDER BY entry.subject, e.at
""")
_TASKS = Statement("""
    SELECT tenant, id, complaint_id FROM follow_up WHERE (tenant, id) > (CAST(:tenant AS text), CAST(:id AS uuid))
    ORDER BY tenant, id LIMIT CAST(:size AS bigint)
""")
_LEFT = Statement(f"""
    SELECT DISTINCT ON (said.subject) said.tenant, said.subject, erasure.complaint_id, erasure.event_id, erasure.actor,
           erasure.occurred_at
    FROM unnest(CAST(:tenants AS text[]), CAST(:tasks AS uuid[]), CAST(:complaints AS uuid[]))
         AS task (tenant, id, complaint_id)
    JOIN entry AS said ON said.tenant = task.tenant AND said.subject = task.id
    JOIN entry AS erasure ON erasure.tenant = task.tenant AND erasure.complaint_id = task.complaint_id
    WHERE said.type = '{OwnType.REVIEW_DECIDED}' AND said.data IS NOT NULL AND erasure.type = '{EventType.ERASED}'
      AND erasure.position > said.position AND erasure.data ~ CAST(:with_texts AS text)
    ORDER BY said.subject, erasure.position
""")
WITH_TEXTS = r'"texts"\s*:\s*true'
"""Of the data of an erasure: that it erases texts as well, as a regular expression."""
_KINDS = {"of_reporter": list(OF_REPORTER), "plain": list(PLAIN), "free_texts": FREE_TEXTS}


class Review(NamedTuple):
    """A supervisor's decision about a task, which is an entry of its own, of a complaint that is erased."""

    tenant: str
    task: UUID
    complaint: UUID
    erasure: UUID
    """The event."""
    actor: str
    """Who erased the complaint."""
    at: datetime


class ReviewedTask(NamedTuple):
    """A follow-up task, about which a supervisor may have decided."""

    tenant: str
    id: UUID
    complaint: UUID


async def erase(connection: AsyncConnection, erasures: Sequence[Event]) -> None:
    """Let go of what `erasures`, which are entered, are about; the complaints are locked."""
    parameters = values_of(erasures)
    await _ENTRIES.fetch(connection, parameters | _KINDS)
    for statement in (_COMPLAINTS, _FOLLOW_UPS, _REQUESTS, _APPEALS):
        await statement.fetch(connection, parameters)


async def waiting(connection: AsyncConnection, events: Sequence[Event]) -> Sequence[Event]:
    """Return those of `events` that are erasures, and newer than any that their complaints have known."""
    erasures = [event for event in events if event.type is EventType.ERASED]
    ids = {row["event_id"] for row in await _WAITING.fetch(connection, values_of(erasures))} if erasures else set()
    return [event for event in erasures if event.id in ids]


async def reviews(connection: AsyncConnection, erasures: Sequence[Event]) -> Sequence[Review]:
    """Return the decisions whose texts have to go with those of the complaints that `erasures` are about."""
    return [Review(*row) for row in await _REVIEWS.fetch(connection, values_of(erasures))]


async def tasks(connection: AsyncConnection, after: tuple[str, UUID], size: int) -> Sequence[ReviewedTask]:
    """Return up to `size` follow-up tasks behind that of a tenant and an id, in this order."""
    rows = await _TASKS.fetch(connection, {"tenant": after[0], "id": after[1], "size": size})
    return [ReviewedTask(*row) for row in rows]


async def left_reviews(connection: AsyncConnection, about: Sequence[ReviewedTask]) -> Sequence[Review]:
    """Return the decisions about these tasks whose texts an erasure of their complaint, entered since, has left."""
    values = {
        "tenants": [task.tenant for task in about],
        "tasks": [task.id for task in about],
        "complaints": [task.complaint for task in about],
        "with_texts": WITH_TEXTS,
    }
    return [Review(*row) for row in await _LEFT.fetch(connection, values)]


def values_of(erasures: Sequence[Event]) -> dict[str, Sequence[object]]:
    """Return what statements need to know of erasures, an array a fact."""
    return {
        "tenants": [event.tenant for event in erasures],
        "complaints": [event.subject for event in erasures],
        "events": [event.id for event in erasures],
        "times": [event.time for event in erasures],
        "texts": [cast(ComplaintErased, event.data).texts for event in erasures],
    }
