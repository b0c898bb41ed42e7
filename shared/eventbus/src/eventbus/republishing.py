"""Publishes events of the outbox again: the relay sends them in order, the inboxes absorb what was applied."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.books import Window
from eventbus.outbox import CHANNEL

_CHOSEN = """
    FROM outbox WHERE published_at IS NOT NULL AND error IS NULL AND id >= :first AND id < :last
      AND (CAST(:key AS text) IS NULL OR aggregateid = :key) AND position > :after AND position <= :until
"""
_COUNT = sa.text(f"SELECT count(*) AS events, coalesce(max(position), 0) AS until {_CHOSEN}")
_AGAIN = sa.text(f"""
    WITH chosen AS (SELECT position {_CHOSEN} ORDER BY position LIMIT :size),
    again AS (UPDATE outbox SET published_at = NULL FROM chosen WHERE outbox.position = chosen.position
              RETURNING outbox.position)
    SELECT count(*) AS events, max(position) AS last FROM again
""")
_WAKE = sa.text(f"SELECT pg_notify('{CHANNEL}', '')")
_END = 2**63 - 1


@dataclass(frozen=True)
class Choice:
    """Which events: made within the window, and of one complaint where `complaint` names it."""

    window: Window
    complaint: UUID | None = None

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the statements."""
        return {**self.window.bounds(), "key": None if self.complaint is None else str(self.complaint)}


class Extent(NamedTuple):
    """How many events are chosen, and the position of the last of them."""

    events: int
    until: int


async def extent(connection: AsyncConnection, choice: Choice, *, after: int = 0) -> Extent:
    """Count the chosen events behind the position `after`; nothing changes."""
    row = (await connection.execute(_COUNT, {**choice.parameters(), "after": after, "until": _END})).one()
    return Extent(row.events, row.until)


async def publish_again(
    connection: AsyncConnection, choice: Choice, *, after: int, until: int, size: int
) -> tuple[int, int | None]:
    """Hand up to `size` chosen events behind `after` and up to `until` to the relay again.

    Returns how many, and the position of the last of them: None where there was none left.
    """
    parameters = {**choice.parameters(), "after": after, "until": until, "size": size}
    row = (await connection.execute(_AGAIN, parameters)).one()
    if row.events:
        await connection.execute(_WAKE)
    return row.events, row.last
