"""Makes the exports that were asked for, one at a time of each tenant, and clears away those that had their time.

Whoever makes one holds a lock of the tenant in the transaction that reads its lines. It ends with the process, and what
was not made then is begun again by whoever comes next.
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.driver import begin_snapshot
from ledger_service.domain.exports import MOST_ATTEMPTS, ExportState
from ledger_service.domain.ledger_orders import Order
from ledger_service.persistence import directory, exports
from ledger_service.persistence.export_files import ExportFiles
from ledger_service.persistence.exports import Export
from ledger_service.persistence.ledger_lines import Selection, count, estimate, read
from ledger_service.service.exporting import BATCH, selection
from ledger_service.service.ledger_forms import Lines, Made, Writer, writer
from operations.rounds import Rounds
from operations.sheets.workbook import TooManyRows
from runtime.clock import now
from runtime.outages import is_outage

log = structlog.get_logger()
EVERY = timedelta(seconds=1)
CLEAR_EVERY = timedelta(minutes=1)
KEEP_ROWS = timedelta(days=30)
"""For so long it is told what became of an export."""
_FETCH_SECONDS = 900.0
"""The first fetch may sort millions of lines."""
_PROGRESS_SECONDS = 1.0
_STRAY_SECONDS = 86_400.0
_QUICK = 500_000.0
"""Of the planner's cost units: counting takes some seconds."""
_OLDEST = Gauge("jieban_exports_oldest_seconds", "Since when the oldest export that is not made was asked for")


class _Ended(Exception):
    """The export was cancelled, or this process stops."""


class ExportMaker:
    """The worker. Any number of replicas may have one."""

    name = "ledger exports"

    def __init__(self, engine: AsyncEngine, files: ExportFiles, zone: ZoneInfo, keep: timedelta) -> None:
        self._engine = engine
        self._files = files
        self._zone = zone
        self._keep = keep
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Make what there is until `stop`; what is in hand then is begun again later."""
        self._stop = stop
        await Rounds(self.name, self.work, every=EVERY).run(stop)

    async def work(self) -> None:
        """Make the oldest export of each tenant."""
        async with self._engine.connect() as connection:
            waiting = await exports.to_make(connection)
            _OLDEST.set(await exports.oldest_seconds(connection, now()))
        for asked in waiting:
            if not self._stop.is_set():
                await self._make(asked)

    async def clear(self) -> None:
        """Remove files that had their time, rows that are old, and what is left of broken attempts."""
        at = now()
        async with self._engine.begin() as connection:
            for each in await exports.expired(connection, at, BATCH):
                self._files.remove(each.id)
                await exports.change(connection, each, state=ExportState.EXPIRED)
            await exports.forget(connection, at - KEEP_ROWS)
        strays = await asyncio.to_thread(self._files.old, _STRAY_SECONDS)
        if strays:
            async with self._engine.connect() as connection:
                kept = await exports.known(connection, list(strays))
            for path in [path for stray, paths in strays.items() if stray not in kept for path in paths]:
                path.unlink(missing_ok=True)

    async def _make(self, asked: Export) -> None:
        async with self._engine.connect() as connection:
            await begin_snapshot(connection)
            if not await exports.try_lock(connection, asked.tenant):
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
                await self._done(begun, lines, size)

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
        labels = await directory.labels(connection, begun.tenant)
        file = writer(Order.of(begun.request), Made(now(), begun.asked_by, self._zone, labels))
        wanted = selection(begun.tenant, file.order, file.made)
        await self._change(begun, lines_about=await _lines_about(connection, wanted))
        with self._files.writing(begun.id, begun.attempts) as target:
            lines = 0
            told_at = time.monotonic()
            await asyncio.to_thread(target.write, file.begin())
            batches = read(connection, wanted, file.order.columns, size=BATCH, seconds=_FETCH_SECONDS)
            async with aclosing(batches):
                async for batch in batches:
                    await asyncio.to_thread(_write, target, file, batch)
                    lines += len(batch)
                    if self._stop.is_set():
                        raise _Ended
                    if time.monotonic() - told_at >= _PROGRESS_SECONDS:
                        told_at = time.monotonic()
                        if not await self._change(begun, lines_done=lines):
                            raise _Ended
            await asyncio.to_thread(target.write, file.end())
            return lines, target.tell()

    async def _done(self, begun: Export, lines: int, size: int) -> None:
        at = now()
        facts = {"lines_done": lines, "bytes": size, "finished_at": at, "expires_at": at + self._keep}
        if not await self._change(begun, state=ExportState.DONE, **facts):
            self._files.remove(begun.id)

    async def _fail(self, present: Export, failure: str) -> None:
        log.warning("export_failed", export=str(present.id), failure=failure)
        await self._change(present, state=ExportState.FAILED, failure=failure, finished_at=now())

    async def _change(self, present: Export, **facts: object) -> bool:
        async with self._engine.begin() as connection:
            return await exports.change(connection, present, **facts)


async def _lines_about(connection: AsyncConnection, wanted: Selection) -> int:
    """Return how many lines there are, or what the planner expects where counting takes long."""
    expected = await estimate(connection, wanted)
    return expected.lines if expected.cost > _QUICK else await count(connection, wanted)


def _write(target: BinaryIO, file: Writer, batch: Lines) -> None:
    target.write(file.lines(batch))
