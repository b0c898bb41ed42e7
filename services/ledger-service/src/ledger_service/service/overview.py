"""What a wall screen shows, read once for all who ask within a second."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from prometheus_client import Histogram
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.domain.overview import Count, Day, Figures, TeamOnDuty, add_up
from ledger_service.persistence import directory, open_cases, overview
from ledger_service.persistence.directory import Kind, Named
from ledger_service.persistence.stories import Row
from ledger_service.service.today import Todays
from runtime.clock import now as present

KEPT_SECONDS = 1.0
"""How old an answer may be."""
MOST_HOTSPOTS = 200
LOOKED_AT = 200
"""Newest entries, of which those of a community are shown."""
_SECONDS = Histogram(
    "jieban_overview_seconds", "Time to read what a wall screen shows", buckets=(0.01, 0.02, 0.05, 0.1, 0.3, 1, 3)
)


@dataclass(frozen=True)
class Overview:
    """A county at a moment: figures by community, None for the whole."""

    as_of: datetime
    day: Day
    figures: Mapping[str | None, Figures]
    duty: Sequence[TeamOnDuty]
    hotspots: Sequence[Row]
    """Those that are live, the least probable by chance first."""
    latest: Sequence[Row]
    """Entries about complaints, the newest first."""
    names: Mapping[tuple[Kind, str], Named]
    answers: dict[tuple[object, ...], tuple[str, bytes]] = field(default_factory=dict)
    """What was made of it, by what was asked: entity tag and body."""

    def communities(self) -> list[str]:
        """Return the codes of the communities that are there or have figures, in order."""
        known = {code for (kind, code), thing in self.names.items() if kind == "community" and not thing.removed}
        return sorted(known | {code for code in self.figures if code is not None})


class Overviews:
    """The overviews of all tenants, each at most a second old; who asks meanwhile waits for the same reading."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo, *, now: Callable[[], datetime] = present) -> None:
        """`zone` says when the day begins."""
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._zone = zone
        self._now = now
        self._todays = Todays()
        self._known: dict[str, tuple[float, Overview]] = {}
        self._readings: dict[str, asyncio.Task[Overview]] = {}

    async def of(self, tenant: str) -> Overview:
        """Return how `tenant` stands."""
        read_at, known = self._known.get(tenant, (0.0, None))
        if known is not None and time.monotonic() - read_at < KEPT_SECONDS:
            return known
        reading = self._readings.get(tenant)
        if reading is None:
            reading = self._readings[tenant] = asyncio.create_task(self._read(tenant))
            reading.add_done_callback(lambda done: self._finish(tenant, done))
        return await asyncio.shield(reading)  # one caller who leaves must not end it for the others

    async def _read(self, tenant: str) -> Overview:
        with _SECONDS.time():
            async with self._engine.connect() as connection:
                read = await read_overview(connection, tenant, self._todays, at=self._now(), zone=self._zone)
        self._known[tenant] = time.monotonic(), read
        return read

    def _finish(self, tenant: str, done: "asyncio.Task[Overview]") -> None:
        del self._readings[tenant]
        if not done.cancelled():
            done.exception()  # whoever waits has it; nobody may wait any more


async def read_overview(
    connection: AsyncConnection, tenant: str, todays: Todays, *, at: datetime, zone: ZoneInfo
) -> Overview:
    """Read how `tenant` stands `at` a moment, which has to be about now. The connection must see one snapshot.

    Of what has happened today, only what came since the last reading of the same `todays` is read.
    """
    day = Day.of(at, zone)
    duty = await overview.duty(connection, tenant)
    counts: list[Count] = [
        *await open_cases.count(connection, tenant, at),
        *await todays.counts(connection, tenant, day),
        *duty,
    ]
    return Overview(
        as_of=at,
        day=day,
        figures=add_up(counts),
        duty=duty,
        hotspots=await overview.hottest(connection, tenant, size=MOST_HOTSPOTS),
        latest=await overview.latest(connection, tenant, size=LOOKED_AT),
        names=await directory.names(connection, tenant),
    )
