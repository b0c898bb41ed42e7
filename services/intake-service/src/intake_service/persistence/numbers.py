"""Short case numbers: the day in the tenant's zone and a counter, such as 20261123-000417."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

BLOCK = 1000
"""Numbers drawn from the database at a time; a restart leaves a gap of at most this many."""
_LIMIT = 1_000_000  # numbers a day, and so six digits


class Numbers:
    """Hands out case numbers without asking the database for each. Unique over all replicas."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo) -> None:
        """`zone` decides when a day begins."""
        self._engine = engine
        self._zone = zone
        self._next = self._end = 0
        self._minute, self._day = -1, ""
        self._refill = asyncio.Lock()

    async def draw(self, received_at: datetime) -> str:
        """Return a number nobody else has."""
        while self._next == self._end:
            async with self._refill:
                if self._next == self._end:
                    async with self._engine.connect() as connection:
                        block = await connection.scalar(sa.text("SELECT nextval('complaint_number_block')"))
                    self._next = int(block or 0) * BLOCK
                    self._end = self._next + BLOCK
        number, self._next = self._next % _LIMIT, self._next + 1
        return f"{self._day_of(received_at)}-{number:06d}"

    def _day_of(self, moment: datetime) -> str:
        """Return the day, worked out once a minute: no zone changes its date within one."""
        minute = int(moment.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._day = minute, f"{moment.astimezone(self._zone):%Y%m%d}"
        return self._day
