"""Reads what listeners have missed: after a restart all of them come back at once, most of them to the same place."""

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.domain.disclosure import Sight
from ledger_service.persistence import newest
from ledger_service.service.listeners import Row

PAGE = 2_000
_AT_ONCE = 2
"""Pages that are read at the same time: the others wait here, and not for a connection."""
_SLICE = 100
"""Entries that are written without letting others go on."""

Encode = Callable[[Row, int, Sight], bytes]
"""Writes an entry as an event whose id is the given position: a listener that comes back reads on from there."""
Place = tuple[str, int]
"""A tenant, and the position behind which to read."""


class MissedPage:
    """Entries behind a position, each of them written once for all who may see as much of it."""

    def __init__(self, rows: Sequence[Row], safe: int, encode: Encode) -> None:
        """`safe` is a position up to which no entry can appear any more: ids go no further."""
        self.rows = rows
        self._safe = safe
        self._encode = encode
        self._lock = asyncio.Lock()
        self._events: dict[Sight, list[bytes]] = {}

    async def events(self, sight: Sight) -> list[bytes]:
        """Return the rows as events."""
        async with self._lock:
            if sight not in self._events:
                self._events[sight] = await self._written(sight)
        return self._events[sight]

    async def _written(self, sight: Sight) -> list[bytes]:
        events: list[bytes] = []
        for begin in range(0, len(self.rows), _SLICE):
            part = self.rows[begin : begin + _SLICE]
            events += [self._encode(row, min(row["position"], self._safe), sight) for row in part]
            await asyncio.sleep(0)
        return events


class MissedPages:
    """Reads pages; whoever asks for one that is about to be read shares it.

    One that is being read already may lack what has come since, so whoever asks then shares the next.
    """

    def __init__(self, engine: AsyncEngine, encode: Encode, horizon: Callable[[str, int], int]) -> None:
        """`horizon` says up to where no entry of a tenant can appear any more, or returns the position given."""
        self._engine = engine
        self._encode = encode
        self._horizon = horizon
        self._asked: dict[Place, asyncio.Task[MissedPage]] = {}
        self._reading: dict[Place, asyncio.Task[MissedPage]] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def behind(self, tenant: str, after: int) -> MissedPage:
        """Return up to PAGE entries behind a position: all that are there now, where it has fewer."""
        place = (tenant, after)
        if place not in self._asked:
            self._asked[place] = asyncio.create_task(self._read(place))
        return await asyncio.shield(self._asked[place])

    async def _read(self, place: Place) -> MissedPage:
        tenant, after = place
        if place in self._reading:
            await asyncio.wait([self._reading[place]])
        async with self._gate:
            task = self._reading[place] = self._asked.pop(place)
            safe = self._horizon(tenant, after)  # what comes while the page is read may be missing from it
            try:
                async with self._engine.connect() as connection:
                    page = await newest.since(connection, tenant, after, (), size=PAGE)
            finally:
                if self._reading.get(place) is task:
                    del self._reading[place]
        return MissedPage(page.rows, safe, self._encode)
