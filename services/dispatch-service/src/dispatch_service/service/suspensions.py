"""Brings suspended cases back whose time aside is over, and tells of it; each has a time by which it is over."""

from collections.abc import Sequence
from functools import partial

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintResumed
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.requests import end_of_suspension
from dispatch_service.persistence import cases, requests, suspensions
from dispatch_service.persistence.case_clocks import moved
from dispatch_service.persistence.suspensions import DueSuspension
from dispatch_service.service import clocking
from dispatch_service.service.announcements import announce
from dispatch_service.service.backlogs import batches
from dispatch_service.service.clockworks import Clockworks
from eventbus import outbox

BACK = Counter("jieban_suspensions_over", "Suspended cases that came back by themselves")
OLDEST = Gauge(
    "jieban_suspensions_oldest_seconds", "For how long the oldest suspension has been over, its case not back"
)
_BATCH = 100


async def bring_back(engine: AsyncEngine, clockworks: Clockworks, *, size: int = _BATCH) -> int:
    """Bring back all cases whose suspensions are over, up to `size` in a transaction; return how many.

    Any number of replicas may do it at once: each comes back once. One that a version before has suspended without an
    end gets one.
    """
    back = 0
    async for batch in batches(engine, partial(bring_back_batch, clockworks=clockworks), size):
        came = sum(each.until is not None for each in batch)
        BACK.inc(came)
        back += came
    async with engine.connect() as connection:
        OLDEST.set(await suspensions.oldest_due_seconds(connection))
    return back


async def bring_back_batch(connection: AsyncConnection, size: int, clockworks: Clockworks) -> Sequence[DueSuspension]:
    """Bring back up to `size` cases in the transaction of `connection`: events and cases change together."""
    due = await suspensions.lock_due(connection, size)
    events = [await _bring_back(connection, each, clockworks) for each in due if each.until is not None]
    for each in due:
        if each.until is None:
            work = await clockworks.of_one(connection, each.case.tenant)
            longest = clockworks.longest_suspension(each.case.tenant)
            end = end_of_suspension(work, longest, each.now, None)
            await cases.save(connection, each.case, each.now, suspended_until=end)
    if events:
        await outbox.append(connection, LIFECYCLE.name, events)
    return due


async def _bring_back(connection: AsyncConnection, due: DueSuspension, clockworks: Clockworks) -> Event:
    """Let a case go on as if whoever has approved its suspension had done so now."""
    case, now = due.case, due.now
    case.act(EventType.RESUMED)
    known, clock, work = await clocking.started(connection, clockworks, case)
    clock = clocking.resumed(known, clock, work, now)
    facts = {"suspended_at": None, "suspended_until": None}
    await cases.save(connection, case, now, **moved(clock, work.version), **facts)
    await requests.lapse_suspension(connection, case, due.request_id, now)
    data = ComplaintResumed(
        actor=due.decided_by,
        team=case.team,
        reason=due.reason,
        asked_by=due.asked_by,
        promised_at=clock.promised_at,
        warn_at=clock.warn_at,
        accept_by=clock.accept_by,
        on_site_by=clock.on_site_by,
        until=due.until,
    )
    return announce(case, EventType.RESUMED, data, at=now, traceparent=None)
