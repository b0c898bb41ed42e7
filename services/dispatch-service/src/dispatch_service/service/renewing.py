"""Sets right the clocks of open cases that do not go by the present limits and calendar, or by the present round.

These are cases that were assigned before a change, by a version that knew no clocks, or that came back for another
round. Every replica does it: whoever holds a case's row does the work, the others leave it to them. Where the
promised time is another one then, everybody is told.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ComplaintRescheduled
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.domain.clock_moves import Move, reckon
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.persistence import clock_moves, stale_clocks
from dispatch_service.persistence.stale_clocks import Renewed, StaleClock
from dispatch_service.service.announcements import announce
from dispatch_service.service.clockworks import Clockworks
from eventbus import outbox

_BATCH = 500


async def renew_clocks(engine: AsyncEngine, clockworks: Clockworks) -> int:
    """Renew all clocks that need it, a batch in a transaction; return how many."""
    renewed = 0
    async with engine.connect() as connection:
        tenants = await stale_clocks.tenants(connection)
    while True:
        async with engine.begin() as connection:
            done = await renew_batch(connection, clockworks, tenants)
        renewed += done
        if done < _BATCH:
            return renewed


async def renew_batch(connection: AsyncConnection, clockworks: Clockworks, tenants: Sequence[str]) -> int:
    """Renew up to a batch of clocks of `tenants` in the transaction of `connection`; return how many."""
    now: datetime = (await connection.execute(sa.select(sa.func.statement_timestamp()))).scalar_one()
    works = await clockworks.of(connection, tenants)
    wanted = {tenant: works[tenant].version for tenant in tenants}
    stale = await stale_clocks.lock(connection, wanted, size=_BATCH)
    if stale:
        moves = await clock_moves.of(connection, [each.case for each in stale if each.known.was_moved])
        renewed = [
            _renewed(each, works[each.case.tenant], moves.get(each.case.complaint_id, ()), now) for each in stale
        ]
        events = [_reschedule(each, now) for each in renewed if each.promised_before != each.clock.promised_at]
        await stale_clocks.save(connection, renewed)
        await outbox.append(connection, LIFECYCLE.name, events)
    return len(stale)


def _renewed(stale: StaleClock, work: Clockwork, moves: Sequence[Move], now: datetime) -> Renewed:
    """Return the clock that the case should have, with what has moved it since its round began."""
    known = stale.known
    if stale.is_new_round:
        now = stale.case.no_earlier(now)
        clock = work.start(known.category, known.grade, begun_at=now, assigned_at=now, deadline=known.deadline)
        return Renewed(stale, work.version, clock, begun_at=now, is_new_round=True)
    clock = reckon(work, known.course(stale.assigned_at, moves)).after(known.clock, is_same_unit=True)
    return Renewed(stale, work.version, clock, begun_at=known.begun_at, is_new_round=False)


def _reschedule(renewed: Renewed, now: datetime) -> Event:
    case = renewed.stale.case
    at = case.no_earlier(now)
    case.tell(EventType.RESCHEDULED)
    data = ComplaintRescheduled(promised_before=renewed.promised_before, **renewed.clock.told())
    return announce(case, EventType.RESCHEDULED, data, at=at, traceparent=None)
