"""Keeps up with what complaints say, so that their words are found: a moment later, or longer while many come in."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.janitor import first_id_at
from intake_service.domain import search
from intake_service.persistence import texts
from runtime.clock import now

BATCH = 200
REST = 3.0
"""After each batch it rests so many times as long as that took: who reports comes before who searches."""
_ROUND_SECONDS = 2.0
_LOOK_BACK = timedelta(days=2)
_FIRST = UUID(int=0)
_READ = Gauge("jieban_search_read_timestamp_seconds", "When all there was had been read, so that its words are found")


class Reader:
    """Reads complaints. Any number of replicas may have one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._has_begun = False

    async def work(self) -> int:
        """Read what there is, as far as it comes within a round; return how many complaints that was."""
        if not self._has_begun:  # what waits now, nobody has been late with
            self._has_begun = True
            _READ.set_to_current_time()
        total, until = 0, time.monotonic() + _ROUND_SECONDS
        while True:
            at, begun = now(), time.monotonic()
            count = await self._batch()
            total += count
            if count < BATCH:
                _READ.set(at.timestamp())
            if count < BATCH or time.monotonic() > until:
                return total
            await asyncio.sleep(REST * (time.monotonic() - begun))

    async def look_back(self) -> None:
        """Note what replicas of a version before this one took or read: lately accepted ones, and supplements."""
        async with self._engine.begin() as connection:
            await texts.note_missed(connection, first_id_at(now() - _LOOK_BACK))
        reached: UUID | None = _FIRST
        while reached is not None:
            begun = time.monotonic()
            async with self._engine.begin() as connection:
                reached = await texts.note_without_supplements(connection, reached, BATCH, search.with_supplements())
            await asyncio.sleep(REST * (time.monotonic() - begun))

    async def _batch(self) -> int:
        async with self._engine.begin() as connection:
            rows = await texts.take_unread(connection, BATCH)
            if rows:
                await _keep(connection, rows)
        return len(rows)


async def _keep(connection: AsyncConnection, rows: Any) -> None:
    words = await asyncio.to_thread(lambda: {row.id: (row.tenant, _vector(row)) for row in rows})
    await texts.keep_words(connection, words)


def _vector(row: Any) -> str:
    said = search.vector([row.description, row.address, row.number, row.external_ref, *row.supplements])
    marks = [
        *search.categories_of(row.category),
        search.month(search.moment_of(row.id)),
        search.year(search.moment_of(row.id)),
    ]
    if row.phone is not None and (phone := search.phone(row.phone)) is not None:
        marks.append(phone)
    if row.supplements:
        marks.append(search.with_supplements())
    return " ".join([said, *(f"{mark}:1" for mark in marks)])
