"""The area of each tenant in memory, made anew when its grids have changed."""

import time
from collections.abc import Callable, Collection

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.area import NOWHERE, Area, Covering
from intake_service.persistence import areas
from runtime.outages import is_outage

log = structlog.get_logger()


class Areas:
    """A cache. Every replica goes by a change after `check_every_seconds` at the latest."""

    def __init__(
        self, engine: AsyncEngine, *, check_every_seconds: float = 5.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Only reads."""
        self._engine = engine
        self._check_every = check_every_seconds
        self._now = now
        self._known: dict[str, Area] = {}
        self._states: dict[str, int] = {}
        self._look_at = 0.0
        self._is_looking = False

    async def of(self, tenant: str) -> Area:
        """Return the area of a tenant. It costs nothing but once in a while, when it looks for news."""
        found = self._known.get(tenant)
        if found is None:
            await self._renew([tenant])
        elif self._now() >= self._look_at and not self._is_looking:
            await self._look()
        return self._known[tenant]

    async def _look(self) -> None:
        self._is_looking = True
        try:
            await self._renew(list(self._known))
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("areas_unread", error=type(error).__name__)
        finally:
            self._is_looking = False
            self._look_at = self._now() + self._check_every

    async def _renew(self, tenants: Collection[str]) -> None:
        async with self._engine.connect() as connection:
            states = await areas.states(connection, tenants)
            for tenant in tenants:
                state = states.get(tenant, 0)
                if self._known.get(tenant) is not None and self._states[tenant] == state:
                    continue
                rows = await areas.present(connection, tenant) if state else []
                self._known[tenant] = (
                    Area([(Covering(row.code, row.community), row.area) for row in rows]) if rows else NOWHERE
                )
                self._states[tenant] = state
