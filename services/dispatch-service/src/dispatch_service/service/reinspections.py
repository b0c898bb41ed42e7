"""Tells units that the time of an order of rectification is over, and that they have to look again."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import ReinspectionDue
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from dispatch_service.persistence import reinspections
from dispatch_service.persistence.reinspections import DueInspection
from dispatch_service.service.announcements import announce
from dispatch_service.service.backlogs import batches
from eventbus import outbox

TOLD = Counter("jieban_reinspections_due", "Orders of rectification whose time was over")
OLDEST = Gauge("jieban_reinspections_oldest_seconds", "For how long the oldest order has been over and not told of")
_BATCH = 500


async def tell_due(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Tell of all orders whose time is over, up to `size` in a transaction; return how many.

    Any number of replicas may do it at once: each order is told of once. One whose case is suspended, or waits for
    another unit, is told of when the work goes on.
    """
    told = 0
    async for batch in batches(engine, tell_batch, size):
        TOLD.inc(len(batch))
        told += len(batch)
    async with engine.connect() as connection:
        OLDEST.set(await reinspections.oldest_due_seconds(connection))
    return told


async def tell_batch(connection: AsyncConnection, size: int) -> Sequence[DueInspection]:
    """Tell of up to `size` orders in the transaction of `connection`: events and cases change together."""
    due = await reinspections.lock_due(connection, size)
    if due:
        events = [_tell(each) for each in due]
        await reinspections.save(connection, due)
        await outbox.append(connection, LIFECYCLE.name, events)
    return due


def _tell(due: DueInspection) -> Event:
    due.case.tell(EventType.REINSPECTION_DUE)
    data = ReinspectionDue(team=due.case.team, until=due.until)
    return announce(due.case, EventType.REINSPECTION_DUE, data, at=due.now, traceparent=None)
