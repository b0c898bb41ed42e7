"""Tells of cases that have used up 80, 100 and 200 % of their time."""

from collections.abc import Sequence
from dataclasses import replace

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintEscalated
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.standing import stage_of
from dispatch_service.persistence import timers
from dispatch_service.persistence.timers import DueTimer
from dispatch_service.service.announcements import announce
from eventbus import outbox

FIRED = Counter("jieban_timers_fired", "Levels of a limit that were announced", ["level"])
OLDEST = Gauge("jieban_timers_oldest_seconds", "For how long the oldest timer has been due and not fired")
_BATCH = 500


async def fire_due(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Fire all timers that are due, up to `size` in a transaction; return how many.

    Any number of replicas may do it at once. A case that has passed several levels is told of each, in order.
    """
    fired = 0
    while True:
        async with engine.begin() as connection:
            batch = await fire_batch(connection, size)
        for timer in batch:
            FIRED.labels(str(timer.clock.escalated)).inc()
        fired += len(batch)
        if len(batch) < size:
            break
    async with engine.connect() as connection:
        OLDEST.set(await timers.oldest_due_seconds(connection))
    return fired


async def fire_batch(connection: AsyncConnection, size: int) -> Sequence[DueTimer]:
    """Fire up to `size` due timers in the transaction of `connection`: events and timers change together."""
    due = await timers.lock_due(connection, size)
    if not due:
        return []
    fired = [replace(timer, clock=replace(timer.clock, escalated=timer.clock.next_level or 0)) for timer in due]
    events = [_escalate(timer) for timer in fired]
    await timers.save(connection, fired)
    await outbox.append(connection, LIFECYCLE.name, events)
    return fired


def _escalate(timer: DueTimer) -> Event:
    timer.case.tell(EventType.ESCALATED)
    data = ComplaintEscalated.model_validate(
        {
            "level": timer.clock.escalated,
            "stage": stage_of(timer.case.status),
            "team": timer.case.team,
            "department": timer.department,
            "promised_at": timer.clock.promised_at,
        }
    )
    return announce(timer.case, EventType.ESCALATED, data, at=timer.now, traceparent=None)
