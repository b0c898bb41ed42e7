"""Tells listeners of new entries as they come: one query for all listeners of a tenant.

Each entry is written once for all who may see as much of it.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger_service.domain.tail import Tail
from ledger_service.persistence import newest
from ledger_service.service.listeners import Listener, Wanted
from ledger_service.service.missed import PAGE, Encode, MissedPages

MOST_LISTENERS = 5_000
"""Of one process; beyond that it is better to start another replica."""
MOST_MISSED = 100_000
"""Positions, of all tenants together, behind which a listener may come back."""
_LISTENERS = Gauge("jieban_stream_listeners", "Clients that listen to new entries")


class LiveFeed:
    """The listeners of one process, by tenant and by what they want to hear."""

    def __init__(self, engine: AsyncEngine, encode: Encode) -> None:
        self._engine = engine
        self._encode = encode
        self._missed = MissedPages(engine, encode, self.horizon)
        self._tails: dict[str, Tail] = {}
        self._listeners: defaultdict[str, defaultdict[Wanted, set[Listener]]] = defaultdict(lambda: defaultdict(set))
        self._count = 0
        self.is_draining: Callable[[], bool] = lambda: False

    @property
    def is_full(self) -> bool:
        """Whether this process takes no more listeners."""
        return self._count >= MOST_LISTENERS

    async def open(self, tenant: str) -> None:
        """Make sure that the tenant's entries are followed from now on at the latest."""
        if tenant not in self._tails:
            async with self._engine.connect() as connection:
                self._tails.setdefault(tenant, await newest.begin(connection, tenant))

    @contextmanager
    def listening(self, tenant: str, wanted: Wanted) -> Iterator[Listener]:
        """Give a listener that hears of new entries of a tenant for as long as the block runs."""
        listener, group = Listener(), self._listeners[tenant][wanted]
        group.add(listener)
        self._change(+1)
        try:
            yield listener
        finally:
            group.discard(listener)
            self._change(-1)

    async def missed(self, tenant: str, wanted: Wanted, after: int) -> AsyncIterator[bytes]:
        """Write the entries behind a position that are there now."""
        is_more = True
        while is_more:
            page = await self._missed.behind(tenant, after)
            events = await page.events(wanted.sight)
            yield b"".join(event for row, event in zip(page.rows, events, strict=True) if wanted.has(row))
            is_more = len(page.rows) == PAGE
            after = page.rows[-1]["position"] if page.rows else after

    def is_too_far(self, tenant: str, after: int) -> bool:
        """Say whether a position is so far back that what was missed since is not sent, as far as it is known."""
        tail = self._tails.get(tenant)
        return tail is not None and tail.newest - after > MOST_MISSED

    async def tell(self) -> None:
        """Tell all listeners what has come since the last time; let them go where the process is about to end."""
        for tenant in {*self._tails, *self._listeners}:
            groups = {wanted: group for wanted, group in self._listeners[tenant].items() if group}
            self._listeners[tenant] = defaultdict(set, groups)
            if self.is_draining():
                for listener in set[Listener]().union(*groups.values()):
                    listener.end("server-stops")
            elif groups:
                await self._tell(tenant)
            else:
                del self._listeners[tenant]
                self._tails.pop(tenant, None)

    async def _tell(self, tenant: str) -> None:
        await self.open(tenant)  # again, where nobody listened for a moment
        tail = self._tails[tenant]
        async with self._engine.connect() as connection:
            found = await newest.since(connection, tenant, tail.horizon, tail.seen, size=PAGE)
        groups = self._listeners[tenant]  # with those that have come meanwhile: nobody tells them of this later
        events = {
            sight: [self._encode(row, tail.horizon, sight) for row in found.rows]
            for sight in {wanted.sight for wanted in groups}
        }
        for wanted, group in groups.items():
            heard = zip(found.rows, events[wanted.sight], strict=True)
            chunk = b"".join(event for row, event in heard if wanted.has(row))
            for listener in group if chunk else ():
                listener.tell(chunk)
        tail.follow(
            [row["position"] for row in found.rows],
            is_all=len(found.rows) < PAGE,
            oldest=found.oldest,
            following=found.following,
        )

    def horizon(self, tenant: str, otherwise: int) -> int:
        """Return a position up to which all has been told and nothing can appear; `otherwise` where none is known."""
        tail = self._tails.get(tenant)
        return otherwise if tail is None else tail.horizon

    def _change(self, by: int) -> None:
        self._count += by
        _LISTENERS.set(self._count)
