"""Tells of supervision orders 督办 that nobody has answered by their deadline, to whoever has given them."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.events import OrderMissed
from contracts.lifecycle import UNCOUNTED, EventType
from contracts.topics import LIFECYCLE
from dispatch_service.persistence import missed_orders
from dispatch_service.persistence.missed_orders import MissedOrder
from dispatch_service.service.announcements import announce
from dispatch_service.service.backlogs import batches
from eventbus import outbox

MISSED = Counter("jieban_orders_missed", "Supervision orders that were not answered by their deadline")
OLDEST = Gauge("jieban_orders_oldest_seconds", "For how long the oldest missed deadline has been over and not told of")
_BATCH = 500


async def tell_missed(engine: AsyncEngine, *, size: int = _BATCH) -> int:
    """Tell of all orders whose deadline was missed, up to `size` in a transaction; return how many were.

    Any number of replicas may do it at once: each order is told of once. What is no case any more (withdrawn,
    rejected, merged, voided) has nothing to answer, and nobody is told of it.
    """
    missed = 0
    async for batch in batches(engine, tell_batch, size):
        MISSED.inc(len(batch))
        missed += len(batch)
    async with engine.connect() as connection:
        OLDEST.set(await missed_orders.oldest_due_seconds(connection))
    return missed


async def tell_batch(connection: AsyncConnection, size: int) -> Sequence[MissedOrder]:
    """Tell of up to `size` orders in the transaction of `connection`: events, orders and cases change together."""
    due = await missed_orders.lock_due(connection, size)
    if due:
        owed = [each for each in due if each.case.status not in UNCOUNTED]
        events = [_tell(each) for each in owed]
        await missed_orders.save(connection, due, owed)
        await outbox.append(connection, LIFECYCLE.name, events)
    return due


def _tell(missed: MissedOrder) -> Event:
    missed.case.tell(EventType.ORDER_MISSED)
    data = OrderMissed(
        order_id=missed.order_id, deadline=missed.deadline, team=missed.case.team, ordered_by=missed.ordered_by
    )
    return announce(missed.case, EventType.ORDER_MISSED, data, at=missed.now, traceparent=None)
