"""Compares the ledger with itself, now and then and when asked, and counts what does not fit."""

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics
from eventbus.books import Window
from eventbus.janitor import KEEP_OUTBOX, first_id_at
from ledger_service.persistence.reconciliation import KINDS, Difference, compare
from runtime.clock import now

log = structlog.get_logger()


async def reconcile(
    engine: AsyncEngine, *, back: timedelta = timedelta(hours=2), settle: timedelta = timedelta(seconds=5)
) -> None:
    """Compare the events of the last hours, all tenants', but for what happened within `settle`; set the metric."""
    end = now() - settle
    found = await differences(engine, None, Window(end - back, end))
    counts = {each.kind: each.complaints for each in found}
    for kind in KINDS:
        metrics.DIFFERENCES.labels(kind).set(counts.get(kind, 0))
    for each in found:
        log.error("ledger_differs", kind=each.kind, complaints=each.complaints, first=str(each.examples[0]))


async def differences(engine: AsyncEngine, tenant: str | None, window: Window) -> list[Difference]:
    """Return what does not fit together in the events of a window, of one tenant or of all."""
    kept = first_id_at(now() - KEEP_OUTBOX)
    async with engine.connect() as connection:
        return list(await compare(connection, tenant, window, kept=kept))
