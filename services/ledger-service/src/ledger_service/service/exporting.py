"""Makes files of ledgers, while they are downloaded and in the background."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.driver import begin_snapshot
from ledger_service.domain.ledger_orders import Order
from ledger_service.persistence import directory, export_erasures
from ledger_service.persistence.ledger_lines import Selection, count, every, read
from ledger_service.service.export_entries import note_export
from ledger_service.service.ledger_forms import Made, Writer, writer
from operations.downloads import Slots
from operations.exporting.jobs import Export
from operations.exporting.making import FETCH_SECONDS, Contents, Piece, data_of, lines_about
from runtime.clock import now

BATCH = 1_000
"""Lines that are read, and written, at a time."""
AT_ONCE = 2
"""So many downloads a process makes at a time: each has a connection, and a processor's work to do."""
_FETCH_SECONDS = 30.0


class TooManyLines(Exception):
    """There are more than `most`: such a file is made in the background."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the file would have more than {most} lines")
        self.most = most


class Exporting:
    """Makes files of the ledgers of one database, each of one moment and in bounded memory."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo, most_lines: int) -> None:
        self.zone = zone
        self.most_lines = most_lines
        self._slots = Slots()
        self._engine = engine

    @property
    def making(self) -> int:
        """How many are being made."""
        return self._slots.taken

    def take(self, held: AsyncExitStack) -> None:
        """Take the place of one file until `held` is let go of; raises Busy."""
        self._slots.take(held, AT_ONCE)

    async def download(self, tenant: str, order: Order, actor: str, held: AsyncExitStack) -> AsyncIterator[bytes]:
        """Enter the export and return the file in pieces; what it takes is `held`, and let go of by whoever gave that.

        Raises TooManyLines and Busy, before anything is entered.
        """
        self.take(held)
        made = Made(now(), actor, self.zone)
        wanted = selection(tenant, order, made)
        connection = await held.enter_async_context(self._engine.connect())
        await begin_snapshot(connection)
        lines = await count(connection, wanted, most=self.most_lines + 1)
        if lines > self.most_lines:
            raise TooManyLines(self.most_lines)
        async with self._engine.begin() as other:
            await note_export(other, tenant, actor, order.told(lines), at=made.at)
        file = writer(order, replace(made, labels=await directory.labels(connection, tenant)))
        pieces = _pieces(connection, wanted, file, seconds=_FETCH_SECONDS)
        return await held.enter_async_context(aclosing(data_of(pieces)))


def selection(tenant: str, order: Order, made: Made) -> Selection:
    """Return the lines that an order asks for."""
    since, until = order.bounds(made.zone)
    return Selection(
        tenant=tenant, definition=order.definition, at=made.at, narrowed=order.narrowed, since=since, until=until
    )


class LedgerFiles(Contents):
    """What the exports that are made in the background have in them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    async def lines_about(self, connection: AsyncConnection, begun: Export) -> int:
        """Return how many lines the ledger has, or is expected to have."""
        made = Made(now(), begun.asked_by, self._zone)
        return await lines_about(connection, every(selection(begun.tenant, Order.of(begun.request), made)))

    async def pieces(self, connection: AsyncConnection, begun: Export) -> AsyncGenerator[Piece, None]:
        """Read and write the ledger."""
        labels = await directory.labels(connection, begun.tenant)
        file = writer(Order.of(begun.request), Made(now(), begun.asked_by, self._zone, labels))
        wanted = selection(begun.tenant, file.order, file.made)
        async with aclosing(_pieces(connection, wanted, file, seconds=FETCH_SECONDS)) as made:
            async for piece in made:
                yield piece

    async def is_outdated(self, connection: AsyncConnection, snapshot: AsyncConnection, begun: Export) -> bool:
        """Say whether something that the ledger tells was erased since it was read."""
        order = Order.of(begun.request)
        wanted = selection(begun.tenant, order, Made(now(), begun.asked_by, self._zone))
        return await export_erasures.has_erased(connection, snapshot, order, wanted)


async def _pieces(
    connection: AsyncConnection, wanted: Selection, file: Writer, *, seconds: float
) -> AsyncGenerator[Piece, None]:
    yield Piece(await asyncio.to_thread(file.begin))
    batches = read(connection, wanted, file.order.columns, size=BATCH, seconds=seconds)
    async with aclosing(batches):
        async for lines in batches:
            yield Piece(await asyncio.to_thread(file.lines, lines), len(lines))
    yield Piece(await asyncio.to_thread(file.end))
