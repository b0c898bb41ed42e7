"""Looks again and again at what is not settled, and asks the other services for their accounts every hour."""

from datetime import timedelta

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.unsettled import Graces, Reason
from ledger_service.persistence import loose_ends, reconciliations, seals, unsettled
from ledger_service.persistence.unsettled import UnsettledFilter
from ledger_service.service.accounting import OTHERS, ask, count_parked
from runtime.clock import now

ASK_EVERY = timedelta(hours=1)
ASK_AGAIN = timedelta(minutes=5)
"""While something is stuck: what was merely late is forgotten as soon as it has come."""
KEEP = timedelta(days=90)
"""For so long it is shown what was asked and stated."""
_UNSETTLED = Gauge("jieban_ledger_unsettled", "Complaints without a place, of all tenants", ["reason"])
_OLDEST = Gauge(
    "jieban_reconciliation_oldest_seconds", "Age of the last question that a service answered, where that is longest"
)


async def watch(engine: AsyncEngine, operating: str, graces: Graces, *, every: timedelta = ASK_EVERY) -> None:
    """Count what is parked here and what is unsettled, for the metrics; ask where nobody has asked within `every`.

    While something is stuck, ask every ASK_AGAIN.
    """
    async with engine.begin() as connection:
        await count_parked(connection, operating)
        at = now()
        is_stuck = bool(await loose_ends.hours(connection, size=1))
        if await reconciliations.is_due(connection, before=at - (min(every, ASK_AGAIN) if is_stuck else every)):
            await ask(connection, operating, at)
            await reconciliations.forget(connection, at - KEEP)
    async with engine.connect() as connection:
        await _measure(connection, graces)


async def _measure(connection: AsyncConnection, graces: Graces) -> None:
    at = now()
    tenants = {*await seals.tenants(connection), *await unsettled.tenants_elsewhere(connection)}
    found = await unsettled.counts(connection, tenants, graces.before(at), UnsettledFilter())
    for reason in Reason:
        complaints, _ = found.get(reason, (0, at))
        _UNSETTLED.labels(reason).set(complaints)
    _OLDEST.set(await reconciliations.oldest_seconds(connection, OTHERS, at))
