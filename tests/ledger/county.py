"""A county whose complaints the ledger knows: a quiet past, and bursts."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Place
from contracts.topics import HOTSPOTS
from histories import History
from ledger.conftest import Enter
from ledger_service.domain.hotspots import Hotspot
from ledger_service.service.hotspots import catch_up, look
from ledger_service.service.sealing import seal_all
from unit.ledger.towns import NOW, around

LAMPS = "facilities.lamps"
_KINDS = ("street_order.vendors", "street_order.parking", "noise.night", LAMPS)


class County:
    """One tenant's complaints."""

    def __init__(self, engine: AsyncEngine, enter: Enter, tenant: str, *, now: datetime = NOW) -> None:
        self.engine = engine
        self.tenant = tenant
        self.now = now
        self._enter = enter
        self._random = Random(tenant)

    async def past(self) -> None:
        """Let four complaints a day come from everywhere, for nine weeks."""
        await self._report(
            self.history(self.now - timedelta(hours=6 * number + 1), spread=1500, category=_KINDS[number % 4])
            for number in range(4 * 64)
        )

    async def burst(self, count: int, **facts: Any) -> list[History]:
        """Let so many complaints come from one place within a day."""
        made = [self.history(self.now - timedelta(hours=number % 24), **facts) for number in range(count)]
        await self._report(made)
        return made

    def history(
        self, at: datetime, *, east: float = 900, north: float = -600, spread: float = 40, **facts: Any
    ) -> History:
        """Return a complaint that was received, and assigned to the team there."""
        lon, lat = around(self._random, east, north, spread)
        history = History(tenant=self.tenant, owner=facts.pop("owner", f"citizen-{self._random.random()}"))
        place = Place(lon=lon, lat=lat, address="某路")
        history.received(**{"category": LAMPS, "received_at": at, "location": place, **facts})
        history.assigned()
        return history

    async def _report(self, histories: Any) -> None:
        await self._enter(*histories)

    async def read(self) -> None:
        """Let everything be settled, and read for hot spots."""
        while await self._unsettled():
            await seal_all(self.engine)
            await asyncio.sleep(0.01)
        assert await catch_up(self.engine, self.tenant)

    async def look(self, *, hours: float = 0) -> Sequence[Hotspot]:
        """Read all there is and look at it, `hours` from now; return what was told."""
        await self.read()
        return await look(self.engine, self.tenant, at=self.now + timedelta(hours=hours))

    async def told(self) -> list[Any]:
        """Return the events about hot spots, in order."""
        query = "SELECT * FROM outbox WHERE tenant = :tenant AND aggregatetype = :topic ORDER BY position"
        return await self.rows(query, topic=HOTSPOTS.name)

    async def rows(self, query: str, **parameters: object) -> list[Any]:
        """Return the answer to a query that may name the tenant."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(text(query), {"tenant": self.tenant, **parameters})).all())

    async def _unsettled(self) -> bool:
        [row] = await self.rows(
            "SELECT (SELECT max(position) FROM entry WHERE tenant = :tenant) "
            "> coalesce((SELECT settled FROM chain WHERE tenant = :tenant), 0) AS behind"
        )
        return bool(row.behind)
