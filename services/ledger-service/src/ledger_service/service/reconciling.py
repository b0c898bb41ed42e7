"""Compares the ledger with itself, now and then and when asked, and counts what does not fit."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus import metrics
from eventbus.books import Window
from eventbus.janitor import KEEP_OUTBOX, first_id_at
from ledger_service.persistence.reconciliation import KINDS, Difference, compare
from runtime.clock import now
from runtime.outages import is_outage
from runtime.supervision import pause_or

log = structlog.get_logger()


class Reconciling:
    """Compares the events of the last hours, all tenants', and sets the metric. Several may run at once."""

    name = "ledger reconciliation"

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        back: timedelta = timedelta(hours=2),
        settle: timedelta = timedelta(seconds=5),
        every: timedelta = timedelta(seconds=60),
    ) -> None:
        """Each comparison looks `back`, and leaves out what happened within `settle`."""
        self._engine = engine
        self._back = back
        self._settle = settle
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Compare every now and then until `stop`; an outage of the database only means to try later."""
        while not stop.is_set():
            try:
                await self.reconcile()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("reconciliation_waits", error=type(error).__name__)
            await pause_or(stop, self._every.total_seconds())

    async def reconcile(self) -> None:
        """Compare once."""
        end = now() - self._settle
        found = await differences(self._engine, None, Window(end - self._back, end))
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
