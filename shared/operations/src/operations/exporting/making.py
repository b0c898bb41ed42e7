"""Makes the exports that were asked for, one at a time of each tenant, and clears away those that had their time.

Whoever makes one holds a lock of the tenant in the transaction that reads its lines. It ends with the process, and what
was not made then is begun again by whoever comes next.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO, NamedTuple

import sqlalchemy as sa
import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.driver import begin_snapshot, explained
from operations.exporting import jobs
from operations.exporting.files import ExportFiles
from operations.exporting.jobs import Export, ExportState
from operations.rounds import Rounds
from operations.sheets.workbook import TooManyRows
from runtime.clock import now
from runtime.outages import is_outage
from runtime.supervision import Worker

log = structlog.get_logger()
MOST_ATTEMPTS = 3
"""So often an export is begun; one that ends with its process each time would end them for ever."""
FETCH_SECONDS = 900.0
"""The first fetch may sort millions of lines."""
_EVERY = timedelta(seconds=1)
_LONGEST = timedelta(hours=6)
_CLEAR_EVERY = timedelta(minutes=1)
_AT_ONCE = 1_000
_KEEP_ROWS = timedelta(days=30)
"""For so long it is told what became of an export."""
_PROGRESS_SECONDS = 1.0
_STRAY_SECONDS = 86_400.0
_QUICK = 500_000.0
"""Of the planner's cost units: counting takes some seconds."""
_OLDEST = Gauge(
    "jieban_exports_oldest_seconds", "Since when the oldest export that is not made was asked for", ["service"]
)


class Piece(NamedTuple):
    """A piece of a file, and how many lines it has."""

    data: bytes
    lines: int = 0


class Contents(ABC):
    """What a service's exports are made of."""

    @abstractmethod
    async def lines_about(self, connection: AsyncConnection, begun: Export) -> int:
        """Return how many lines there are, or are expected to be; `connection` reads all of one moment."""

    @abstractmethod
    def pieces(self, connection: AsyncConnection, begun: Export) -> AsyncGenerator[Piece, None]:
        """Read and write the whole file; a batch of lines is a piece."""

    async def is_outdated(self, connection: AsyncConnection, snapshot: AsyncConnection, begun: Export) -> bool:  # noqa: ARG002 - for those that may be
        """Say whether something in the file, read in `snapshot`, may not be given out any more.

        In the transaction of `connection` the export is done unless it is; it is made anew then.
        """
        return False

    async def clear(self, connection: AsyncConnection) -> None:  # noqa: B027 - by default nothing is kept
        """Delete what was kept about files that are gone."""


class _Ended(Exception):
    """The export was cancelled, or this process stops."""


class ExportMaker:
    """The worker. Any number of replicas may have one."""

    def __init__(
        self, service: str, engine: AsyncEngine, files: ExportFiles, contents: Contents, keep: timedelta
    ) -> None:
        self.name = f"{service} exports"
        self._engine = engine
        self._files = files
        self._contents = contents
        self._keep = keep
        self._oldest = _OLDEST.labels(service)
        self._stop = asyncio.Event()
        self._rounds = Rounds(self.name, self.work, every=_EVERY, may_take=_LONGEST)

    def workers(self) -> list[Worker]:
        """Return what makes them, and what clears away."""
        return [self, Rounds(f"{self.name} janitor", self.clear, every=_CLEAR_EVERY)]

    async def run(self, stop: asyncio.Event) -> None:
        """Make what there is until `stop`; what is in hand then is begun again later."""
        self._stop = stop
        await self._rounds.run(stop)

    async def work(self) -> None:
        """Make the oldest export of each tenant."""
        async with self._engine.connect() as connection:
            waiting = await jobs.to_make(connection)
            self._oldest.set(await jobs.oldest_seconds(connection, now()))
        for asked in waiting:
            if not self._stop.is_set():
                await self._make(asked)

    async def clear(self) -> None:
        """Remove files that had their time, rows that are old, and what is left of broken attempts."""
        at = now()
        async with self._engine.begin() as connection:
            for expired in await jobs.expire(connection, at, _AT_ONCE):
                await self._files.remove(expired)
            await jobs.forget(connection, at - _KEEP_ROWS)
            await self._contents.clear(connection)
        strays = await asyncio.to_thread(self._files.old, _STRAY_SECONDS)
        if strays:
            async with self._engine.connect() as connection:
                kept = await jobs.known(connection, list(strays))
            for path in [path for stray, paths in strays.items() if stray not in kept for path in paths]:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _make(self, asked: Export) -> None:
        async with self._engine.connect() as connection:
            await begin_snapshot(connection)
            if not await jobs.try_lock(connection, asked.tenant):
                return
            begun = await self._begin(asked)
            if begun is None:
                return
            try:
                lines, size = await self._write(connection, begun)
            except _Ended:
                await self._change(begun, state=ExportState.WAITING, attempts=asked.attempts)
            except TooManyRows:
                await self._fail(begun, "export-too-long-for-workbook")
            except OSError as error:
                if is_outage(error):
                    raise
                log.exception("export_not_stored", export=str(begun.id))
                await self._fail(begun, "export-not-stored")
            else:
                await self._done(connection, begun, lines, size)

    async def _begin(self, asked: Export) -> Export | None:
        """Return the export as it is begun; None where somebody else has ended it, or it was begun too often."""
        if asked.attempts >= MOST_ATTEMPTS:
            await self._fail(asked, "export-given-up")
            return None
        begun = replace(asked, state=ExportState.WORKING, attempts=asked.attempts + 1)
        is_ours = await self._change(asked, state=begun.state, attempts=begun.attempts, lines_done=0)
        return begun if is_ours else None

    async def _write(self, connection: AsyncConnection, begun: Export) -> tuple[int, int]:
        """Return how many lines, and how many bytes, were written."""
        await self._change(begun, lines_about=await self._contents.lines_about(connection, begun))
        async with self._files.writing(begun.id, begun.attempts) as target:
            lines = 0
            told_at = time.monotonic()
            async with aclosing(self._contents.pieces(connection, begun)) as pieces:
                async for piece in pieces:
                    await asyncio.to_thread(_write, target, piece.data)
                    lines += piece.lines
                    if self._stop.is_set():
                        raise _Ended
                    if time.monotonic() - told_at >= _PROGRESS_SECONDS:
                        told_at = time.monotonic()
                        if not await self._change(begun, lines_done=lines):
                            raise _Ended
            return lines, target.tell()

    async def _done(self, snapshot: AsyncConnection, begun: Export, lines: int, size: int) -> None:
        at = now()
        facts = {"lines_done": lines, "bytes": size, "finished_at": at, "expires_at": at + self._keep}
        async with self._engine.begin() as connection:
            is_outdated = await self._contents.is_outdated(connection, snapshot, begun)
            state = ExportState.WAITING if is_outdated else ExportState.DONE
            is_ours = await jobs.change(connection, begun, state=state, **({} if is_outdated else facts))
        if is_outdated or not is_ours:
            await self._files.remove(begun.id)

    async def _fail(self, present: Export, failure: str) -> None:
        log.warning("export_failed", export=str(present.id), failure=failure)
        if await self._change(present, state=ExportState.FAILED, failure=failure, finished_at=now()):
            with suppress(OSError):  # a folder that takes no files; what may be left there is old some time
                await self._files.remove(present.id)  # whole where a process died before it said so

    async def _change(self, present: Export, **facts: object) -> bool:
        async with self._engine.begin() as connection:
            return await jobs.change(connection, present, **facts)


async def lines_about(connection: AsyncConnection, every: sa.Select[Any]) -> int:
    """Return how many rows a statement has, or what the planner expects where counting takes long."""
    plan = await explained(connection, every)
    if float(plan["Total Cost"]) > _QUICK:
        return int(plan["Plan Rows"])
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(every.subquery())) or 0)


async def data_of(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[bytes, None]:
    """Return a file as it is sent."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece.data


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(data)
