"""Keeps what has happened today in each tenant that is asked for, and adds to it what has come since."""

import asyncio
import time
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.overview import Count, Day
from ledger_service.domain.tail import Tail
from ledger_service.domain.today import Today
from ledger_service.persistence import newest, today

ANEW_SECONDS = 600.0
"""After so long the whole day is read again: a word that was erased does not count any more then."""
PAGE = 2_000
MOST_PAGES = 5
"""Where more has come, as after a replay, it is less to read the whole day again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    today: Today
    tail: Tail
    begun: float = field(default_factory=time.monotonic)

    def goes_for(self, day: Day) -> bool:
        return self.today.day == day and time.monotonic() - self.begun < ANEW_SECONDS


class Todays:
    """What has happened today, by tenant."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    async def counts(self, connection: AsyncConnection, tenant: str, day: Day) -> list[Count]:
        """Return what happened on `day`, by hour, and the last word of each reporter who gave one.

        Both by the community that the complaint is in now. One reading of a tenant at a time; the connection must see
        one snapshot.
        """
        kept = self._kept.get(tenant)
        if kept is None or not kept.goes_for(day) or not await self._follow(connection, tenant, kept):
            kept = self._kept[tenant] = await self._begin(connection, tenant, day)
        return kept.today.counts()

    async def _begin(self, connection: AsyncConnection, tenant: str, day: Day) -> _Kept:
        kept = _Kept(Today(day), await newest.begin(connection, tenant))
        entered = await today.whole(connection, tenant, day)
        for begin in range(0, len(entered), PAGE):
            kept.today.enter(entered[begin : begin + PAGE])
            await asyncio.sleep(0)  # to others
        return kept

    async def _follow(self, connection: AsyncConnection, tenant: str, kept: _Kept) -> bool:
        """Add what has come since; return whether that was all."""
        for _ in range(MOST_PAGES):
            entered = await today.since(connection, tenant, kept.tail, size=PAGE)
            kept.today.enter(entered)
            if len(entered) < PAGE:
                return True
        return False
