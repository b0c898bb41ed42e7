"""Forgets the answers that idempotency keys stand for, once nobody repeats a request any more."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from runtime.clock import now
from runtime.idempotency import forget
from runtime.outages import is_outage

log = structlog.get_logger()


class Forgetting:
    """Deletes stored answers after `keep`. Several may run at once."""

    def __init__(
        self,
        *,
        service: str,
        engine: AsyncEngine,
        keep: timedelta = timedelta(hours=48),
        every: timedelta = timedelta(minutes=10),
    ) -> None:
        """`keep` is what clients may rely on: at least a day."""
        self.name = f"{service} idempotency keys"
        self._engine = engine
        self._keep = keep
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Delete every now and then until `stop`; an outage of the database only means to try later."""
        while not stop.is_set():
            try:
                async with self._engine.begin() as connection:
                    await forget(connection, now() - self._keep)
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("forgetting_waits", worker=self.name, error=type(error).__name__)
            try:
                async with asyncio.timeout(self._every.total_seconds()):
                    await stop.wait()
            except TimeoutError:
                continue
