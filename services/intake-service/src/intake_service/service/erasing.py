"""Erases personal data from a complaint, when somebody asks for it and when the time for keeping it is over.

Rows and the event are one transaction; the files go after it. Should the process die in between, the janitor finds
files that no row knows.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.events import ComplaintErased
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from eventbus.janitor import first_id_at
from intake_service.persistence import erasing
from intake_service.persistence.erasing import Erasure
from intake_service.persistence.own_events import event_about
from intake_service.service.locking import lock
from runtime import clock, etag

RULE_ACTOR = "rule"
LOOKED_AT = 5_000
"""Complaints that a round of retention looks at."""
BATCH = 200
"""Of these, so many at most are erased in a transaction."""
_FIRST = UUID(int=0)
_WALK = Gauge("jieban_retention_walk_seconds", "Since the last walk of retention through all complaints ended")

log = structlog.get_logger()
RemoveFiles = Callable[[Sequence[bytes]], Awaitable[int]]
"""Removes from the store what no attachment has."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How a complaint stands after its erasure."""

    at: datetime
    version: int


class Erasing:
    """Erases on one database and its store."""

    def __init__(self, engine: AsyncEngine, remove_files: RemoveFiles) -> None:
        """Needs the store: it belongs where files are served."""
        self._engine = engine
        self._remove_files = remove_files

    async def erase(
        self, complaint_id: UUID, tenant: str, said: ComplaintErased, if_match: int | None = None
    ) -> Erased:
        """Erase one complaint's personal data; nothing happens where nothing has come since it was done.

        Raises Problem: 404 for an unknown complaint, 412 for a stale `if_match`.
        """
        async with self._engine.begin() as connection:
            row = await lock(connection, tenant, complaint_id)
            etag.check(if_match, row.version)
            if _is_done(row, said):
                return Erased(row.erased_at, row.version)
            now = clock.now()
            files = await _erase(connection, row, said, now)
            await erasing.erase_answers(connection, Erasure(tenant, complaint_id, row.sequence, now, said.texts))
        await self._remove_files(files)
        return Erased(now, row.version + 1)

    async def erase_due(self, ids: Sequence[UUID], before: datetime, *, texts: bool) -> int:
        """Erase those of `ids` that ended and were not touched since `before`, in one transaction; return how many."""
        said = ComplaintErased(actor=RULE_ACTOR, ground="retention", texts=texts)
        files: list[bytes] = []
        async with self._engine.begin() as connection:
            rows = await erasing.lock_due(connection, ids, before)
            for row in rows:
                files += await _erase(connection, row, said, clock.now())
        await self._remove_files(files)
        return len(rows)


class Retention:
    """Walks through all complaints in the order of their ids, again and again, and erases those whose time is over."""

    def __init__(self, engine: AsyncEngine, erase: Erasing, *, keep: timedelta, texts: bool) -> None:
        """`keep` is counted from the last change of a complaint that has ended."""
        self._engine = engine
        self._erasing = erase
        self._keep = keep
        self._texts = texts
        self._after = _FIRST
        self._walked_at = clock.now()

    async def work(self) -> int:
        """Look at the next part of the complaints; return how many were erased."""
        before = clock.now() - self._keep
        async with self._engine.connect() as connection:
            rows = await erasing.old(
                connection, after=self._after, end=first_id_at(before), before=before, size=LOOKED_AT
            )
        due = [row.id for row in rows if row.is_due][:BATCH]
        count = await self._erasing.erase_due(due, before, texts=self._texts) if due else 0
        is_all = len(due) < BATCH
        self._after = (rows[-1].id if len(rows) == LOOKED_AT else _FIRST) if is_all else due[-1]
        if self._after == _FIRST:
            self._walked_at = clock.now()
        _WALK.set((clock.now() - self._walked_at).total_seconds())
        if count:
            log.info("personal_data_erased", complaints=count)
        return count


def _is_done(row: Any, said: ComplaintErased) -> bool:
    """Whether nothing is left to erase: a description that was not erased is never empty."""
    return row.erased_at is not None and row.updated_at <= row.erased_at and not (said.texts and row.description)


async def _erase(connection: AsyncConnection, row: Any, said: ComplaintErased, now: datetime) -> Sequence[bytes]:
    erasure = Erasure(row.tenant, row.id, row.sequence + 1, now, said.texts)
    files = await erasing.erase(connection, erasure)
    event = event_about(row.tenant, row.id, erasure.sequence, EventType.ERASED, said, now)
    await outbox.append(connection, LIFECYCLE.name, [event])
    return files
