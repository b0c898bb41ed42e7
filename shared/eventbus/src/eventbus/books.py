"""What a service published and what it applied, as counts and digests an hour, and id by id.

Both are kept by event id. Ids are UUIDv7, so an id says when its event was made, the same on every side. A digest is
the XOR of the random ends of the ids: it can be combined over types, services and hours.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.janitor import first_id_at

WAITING, PUBLISHED, SET_ASIDE = "waiting", "published", "set_aside"


@dataclass(frozen=True)
class Window:
    """Events made at or after `start` and before `end`."""

    start: datetime
    end: datetime

    def bounds(self) -> dict[str, UUID]:
        """Return the parameters `first` (inclusive) and `last` (exclusive) of statements about ids."""
        return {"first": first_id_at(self.start), "last": first_id_at(self.end)}


class Bucket(NamedTuple):
    """The events of one type and hour."""

    hour: datetime
    type: str | None
    """None where the book does not keep it."""
    events: int
    digest: int
    waiting: int = 0
    set_aside: int = 0


HourTotals = Mapping[datetime, tuple[int, int]]
"""Events and digest of each hour; (0, 0) for one without any."""


def totals(buckets: Iterable[Bucket]) -> HourTotals:
    """Sum `buckets` up over their types."""
    found: defaultdict[datetime, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for bucket in buckets:
        events, digest = found[bucket.hour]
        found[bucket.hour] = (events + bucket.events, digest ^ bucket.digest)
    return found


class Line(NamedTuple):
    """One published event."""

    id: UUID
    type: str
    key: str
    state: str
    """`waiting` for the relay, `published`, or `set_aside` as too large."""
    tenant: str


class AppliedBook(Protocol):
    """Where a service looks up what it applied."""

    async def buckets(self, connection: AsyncConnection, window: Window) -> Sequence[Bucket]:
        """Count what was applied."""

    async def ids(self, connection: AsyncConnection, window: Window, *, after: UUID, size: int) -> list[UUID]:
        """Return up to `size` ids over `after`, in order."""


def tally(column: str) -> str:
    """Return the select list `hour, events, digest` over the ids of `column`, grouped by hour elsewhere."""
    digits = f"replace(CAST({column} AS text), '-', '')"
    return f"""
        CAST(CAST('x' || left({digits}, 12) AS bit(48)) AS bigint) / 3600000 AS hour, count(*) AS events,
        bit_xor(CAST(CAST('x' || right({digits}, 15) AS bit(60)) AS bigint)) AS digest
    """


def hour_of(number: int) -> datetime:
    """Return the hour that `tally` numbered."""
    return datetime.fromtimestamp(number * 3600, UTC)


class JoinedBook:
    """What a service applied of several topics, as one book: no event is on two of them."""

    def __init__(self, books: Sequence[AppliedBook]) -> None:
        """`books` have no event in common."""
        self._books = books

    async def buckets(self, connection: AsyncConnection, window: Window) -> Sequence[Bucket]:
        """Count what was applied."""
        return [bucket for book in self._books for bucket in await book.buckets(connection, window)]

    async def ids(self, connection: AsyncConnection, window: Window, *, after: UUID, size: int) -> list[UUID]:
        """Return up to `size` ids over `after`, in order."""
        found = [await book.ids(connection, window, after=after, size=size) for book in self._books]
        return list(islice(merge(*found), size))


_STATE = f"""
    CASE WHEN published_at IS NULL THEN '{WAITING}' WHEN error IS NULL THEN '{PUBLISHED}' ELSE '{SET_ASIDE}' END
"""
_PUBLISHED = sa.text(f"""
    SELECT {tally("id")}, type, count(*) FILTER (WHERE published_at IS NULL) AS waiting, count(error) AS set_aside
    FROM outbox WHERE id >= :first AND id < :last GROUP BY hour, type ORDER BY hour, type
""")
_PUBLISHED_LINES = sa.text(f"""
    SELECT id, type, aggregateid, {_STATE} AS state, tenant FROM outbox
    WHERE id >= :first AND id < :last AND type = ANY(CAST(:types AS text[]))
      AND id > :after ORDER BY id LIMIT :size
""")
_INBOX = sa.text(f"""
    SELECT {tally("event_id")} FROM inbox
    WHERE consumer = :consumer AND event_id >= :first AND event_id < :last GROUP BY hour ORDER BY hour
""")
_INBOX_IDS = sa.text("""
    SELECT event_id FROM inbox
    WHERE consumer = :consumer AND event_id >= :first AND event_id < :last
      AND event_id > :after
    ORDER BY event_id LIMIT :size
""")


async def published(connection: AsyncConnection, window: Window) -> Sequence[Bucket]:
    """Count the events of the outbox, which keeps those that were published for the time of the janitor."""
    rows = await connection.execute(_PUBLISHED, window.bounds())
    return [Bucket(hour_of(row.hour), row.type, row.events, row.digest, row.waiting, row.set_aside) for row in rows]


async def published_lines(
    connection: AsyncConnection, window: Window, *, types: Collection[str], after: UUID, size: int
) -> list[Line]:
    """Return up to `size` events of these types with ids over `after`, in the order of their ids."""
    parameters = {**window.bounds(), "types": list(types), "after": after, "size": size}
    return [Line(*row) for row in await connection.execute(_PUBLISHED_LINES, parameters)]


class InboxBook:
    """The ids that a consumer has claimed; it keeps no types."""

    def __init__(self, consumer: str) -> None:
        """`consumer` is the name under which the ids are claimed."""
        self._consumer = consumer

    async def buckets(self, connection: AsyncConnection, window: Window) -> Sequence[Bucket]:
        """Count what was applied or discarded."""
        rows = await connection.execute(_INBOX, {**window.bounds(), "consumer": self._consumer})
        return [Bucket(hour_of(row.hour), None, row.events, row.digest) for row in rows]

    async def ids(self, connection: AsyncConnection, window: Window, *, after: UUID, size: int) -> list[UUID]:
        """Return up to `size` ids over `after`, in order."""
        parameters = {**window.bounds(), "consumer": self._consumer, "after": after, "size": size}
        return list((await connection.execute(_INBOX_IDS, parameters)).scalars())
