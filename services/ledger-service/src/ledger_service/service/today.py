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
        if kept is None or not kept.goes_for(day):
            kept = _Kept(Today(day), await newest.begin(connection, tenant))
            entered = await today.whole(connection, tenant, day)
            for begin in range(0, len(entered), PAGE):
                kept.today.enter(entered[begin : begin + PAGE])
                await asyncio.sleep(0)  # to others
            self._kept[tenant] = kept
        else:
            await self._follow(connection, tenant, kept)
        return kept.today.counts()

    async def _follow(self, connection: AsyncConnection, tenant: str, kept: _Kept) -> None:
        is_more = True
        while is_more:
            entered = await today.since(connection, tenant, kept.tail, size=PAGE)
            kept.today.enter(entered)
            is_more = len(entered) == PAGE
