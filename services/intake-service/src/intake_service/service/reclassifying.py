"""Puts complaints into another category: a correction that dispatch and ledger follow."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintReclassified
from contracts.lifecycle import ENDED, EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from intake_service.domain.configuration.reference import Reference
from intake_service.persistence.own_events import event_about
from intake_service.persistence.tables import complaint as table
from intake_service.service import triaging
from intake_service.service.locking import lock
from operations.problems import illegal_transition, invalid
from runtime import clock, etag
from runtime.auth import Caller

CORRECTIONS = Counter(
    "jieban_category_corrections_total",
    "Complaints put into another category, by what had been suggested and whether that was right",
    ["suggested", "right"],
)


async def reclassify(
    engine: AsyncEngine,
    complaint_id: UUID,
    caller: Caller,
    reference: Reference,
    category: str,
    reason: str,
    version: int | None,
) -> Any:
    """Put a complaint into a category that is in force, and return its row.

    What triage has held goes on with that. Raises Problem: 404, 412 for another `version`, 409 with the present state
    where it has ended, 422 for a category that there is none of, that is not in force, that is none for the units, or
    that it has already.
    """
    now = clock.now()
    _check_category(reference, category, now)
    async with engine.begin() as connection:
        row = await lock(connection, caller.tenant, complaint_id)
        etag.check(version, row.version)
        if row.status in ENDED:
            raise illegal_transition(row.status, row.version)
        if row.category == category:
            raise invalid("/category", "category-unchanged", given=category)
        event = _event(row, caller, category, reason)
        written = await _write(connection, row, event, _version(row, reference))
        await outbox.append(connection, LIFECYCLE.name, [event])
        was_waiting = await triaging.settle_reclassified(connection, written, caller, event.time)
    if was_waiting:
        triaging.OUTCOMES.labels("reclassified").inc()
    if row.suggested_category is not None:
        CORRECTIONS.labels(row.suggested_category, str(row.suggested_category == category).lower()).inc()
    return written


def _check_category(reference: Reference, category: str, now: datetime) -> None:
    known = reference.categories.get(category)
    if known is None:
        raise invalid("/category", "unknown-category", given=category)
    standing = known.span.at(now)
    if standing != "active":
        raise invalid("/category", "category-retired" if standing == "retired" else "category-not-yet", given=category)
    if known.advice is not None:
        raise invalid("/category", "category-out-of-scope", given=category)


def _version(row: Any, reference: Reference) -> int | None:
    """Return the version that the complaint goes by: the one in force, unless it has not the complaint's source."""
    former: int | None = row.configuration
    return reference.version if row.source in reference.sources else former


async def _write(connection: AsyncConnection, row: Any, event: Event, configuration: int | None) -> Any:
    data = event.data.model_dump(include={"category", "former", "reason"})
    step = {**data, "by": event.data.model_dump()["actor"], "at": event.time.isoformat()}
    statement = (
        sa.update(table)
        .where(table.c.id == row.id, table.c.tenant == row.tenant)
        .values(
            category=data["category"],
            configuration=configuration,
            reclassifications=[*row.reclassifications, step],
            version=row.version + 1,
            sequence=row.sequence + 1,
            updated_at=event.time,
        )
        .returning(table)
    )
    return (await connection.execute(statement)).one()


def _event(row: Any, caller: Caller, category: str, reason: str) -> Event:
    data = ComplaintReclassified(
        actor=caller.subject,
        category=category,
        former=row.category,
        suggested=row.suggested_category,
        reason=reason,
    )
    return event_about(row.tenant, row.id, row.sequence + 1, EventType.RECLASSIFIED, data, clock.now())
