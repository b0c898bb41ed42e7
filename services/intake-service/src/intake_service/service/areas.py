"""The area of each tenant in memory, made anew when its grids have changed."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain.area import NOWHERE, Area, Covering
from intake_service.persistence import areas
from intake_service.service.lookout import Lookout


class Areas:
    """A cache. Every replica goes by a change after `check_every_seconds` at the latest."""

    def __init__(self, engine: AsyncEngine, *, check_every_seconds: float = 5.0) -> None:
        """Only reads."""
        self._engine = engine
        self._lookout = Lookout(check_every_seconds, "areas_unread")
        self._known: dict[str, Area] = {}
        self._states: dict[str, int] = {}

    async def of(self, tenant: str) -> Area:
        """Return the area of a tenant. It costs nothing but once in a while, when it looks for news."""
        if tenant in self._known:
            await self._lookout.look(lambda: self._renew(list(self._known)))
        else:
            await self._renew([tenant])
        return self._known[tenant]

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
