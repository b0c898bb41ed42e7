"""What entries change in the figures, appended with them; a worker adds it to the roll-ups later.

Nobody waits for a row of a roll-up, then, however many replicas write; readers add up both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import copy
from ledger_service.domain.marks import Cell, Tally
from ledger_service.domain.tally import difference

_COLUMNS = ("recorded_at", "n", *Cell._fields, "marks")


class Change(NamedTuple):
    """What a complaint counted for before some entries, and since them; and what they tell was done about it."""

    at: datetime
    """When the entries were recorded."""
    before: Tally | None
    after: Tally | None
    deeds: Sequence[Tally]


async def append(connection: AsyncConnection, changes: Iterable[Change]) -> None:
    """Write the differences, in one statement, and in one row what is added to a cell or taken from it.

    Of a complaint that is not counted yet, deeds are counted with it, of its entries.
    """
    rows: dict[tuple[datetime, int, Cell], list[int]] = {}
    for at, before, after, deeds in changes:
        for sign, part in difference(before, after):
            rows.setdefault((at, sign, part.cell), []).extend(part.marks)
        if deeds and after is not None:
            for deed in deeds:
                rows.setdefault((at, 1, deed.cell), []).extend(deed.marks)
    if rows:
        written = ((at, sign, *cell, marks) for (at, sign, cell), marks in rows.items())
        await copy(connection, "statistics_change", _COLUMNS, written)
