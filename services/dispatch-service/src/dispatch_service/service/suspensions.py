"""Brings suspended cases back whose time aside is over, and tells of it; each has a time by which it is over."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintResumed
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.clocks import Clock, Clockwork
from dispatch_service.domain.requests import end_of_suspension
from dispatch_service.persistence import case_clocks, suspensions
from dispatch_service.persistence.suspensions import DueSuspension
from dispatch_service.service import clocking, request_rules
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
    works = await clockworks.of(connection, {each.case.tenant for each in due})
    over = [each for each in due if each.until is not None]
    if over:
        await _bring_back(connection, over, works)
    endless = [each for each in due if each.until is None]
    if endless:
        await _end(connection, endless, works)
    return due


async def _end(connection: AsyncConnection, endless: Sequence[DueSuspension], works: Mapping[str, Clockwork]) -> None:
    """Let cases come back after the longest time that their tenants allow."""
    tenants = {each.case.tenant for each in endless}
    longest = {tenant: await request_rules.longest_suspension(connection, tenant) for tenant in tenants}
    ends = [
        (each, end_of_suspension(works[each.case.tenant], longest[each.case.tenant], each.now, None))
        for each in endless
    ]
    await suspensions.set_ends(connection, ends)


async def _bring_back(
    connection: AsyncConnection, over: Sequence[DueSuspension], works: Mapping[str, Clockwork]
) -> None:
    """Let cases go on as if whoever has approved their suspensions had done so now."""
    clocks: dict[UUID, tuple[Clock, int]] = {}
    events = []
    for each in over:
        work = works[each.case.tenant]
        clock = clocking.resumed(each.known, each.known.started(work), work, each.now)
        clocks[each.case.complaint_id] = clock, work.version
        events.append(_resume(each, clock))
    await suspensions.save(connection, over)
    await case_clocks.save(connection, clocks)
    await outbox.append(connection, LIFECYCLE.name, events)


def _resume(due: DueSuspension, clock: Clock) -> Event:
    case = due.case
    case.act(EventType.RESUMED)
    data = ComplaintResumed(
        actor=due.decided_by,
        team=case.team,
        reason=due.reason,
        asked_by=due.asked_by,
        until=due.until,
        **clock.told(),
    )
    return announce(case, EventType.RESUMED, data, at=due.now, traceparent=None)
