"""What operators do with parked messages: list, show, release in order, discard with a reason.

And what is done without them: what a replica of an earlier version could not read is read again by a later one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import MalformedEvent, id_of, parse
from eventbus import inbox
from eventbus.errors import OutOfOrder
from eventbus.parking import Message, explained, unpack_headers
from eventbus.slices import Subscription

log = structlog.get_logger()
READER = "second reading"
"""Who has settled what was read again."""
_COLUMNS = """
    id, consumer, topic, partition, "offset", key, error_class, error, attempts, state,
    parked_at, settled_at, settled_by, reason, headers
"""
_LIST = sa.text(f"""
    SELECT {_COLUMNS} FROM parked_message
    WHERE id > :after AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY id LIMIT :size
""")
_SHOW = sa.text(f"SELECT {_COLUMNS}, value FROM parked_message WHERE id = :id")
_OF_KEY = sa.text(f"""
    SELECT {_COLUMNS}, value FROM parked_message WHERE state = 'parked' AND consumer = :consumer AND key = :key
    ORDER BY id FOR UPDATE
""")
_ONE = sa.text(f"SELECT {_COLUMNS}, value FROM parked_message WHERE id = :id AND state = 'parked' FOR UPDATE")
_UNREAD = sa.text("""
    SELECT id, headers, value FROM parked_message
    WHERE state = 'parked' AND error_class = :unread AND id <> ALL(CAST(:unreadable AS bigint[]))
    ORDER BY id LIMIT :size
""")
_STILL_PARKED = sa.text("""
    SELECT id FROM parked_message WHERE state = 'parked' AND id = ANY(CAST(:ids AS bigint[]))
""")
_SETTLE = sa.text("""
    UPDATE parked_message SET state = :state, settled_at = now(), settled_by = :by, reason = :reason WHERE id = :id
""")
_FAILED = sa.text("""
    UPDATE parked_message SET attempts = attempts + 1, error_class = :error_class, error = :error WHERE id = :id
""")


class ParkedMessages:
    """The parked messages of one service."""

    def __init__(self, engine: AsyncEngine, subscriptions: Sequence[Subscription]) -> None:
        """`subscriptions` are the service's consumers: a release goes through the same handler."""
        self._engine = engine
        self._subscriptions = {subscription.consumer: subscription for subscription in subscriptions}
        self._unreadable = set[int]()
        """What is parked and was found to be nothing that this process can read: it will never learn to."""

    async def list(self, *, state: str | None = "parked", after: int = 0, size: int = 50) -> list[dict[str, Any]]:
        """Return up to `size` messages with an id over `after`, oldest first, without their contents."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(_LIST, {"state": state, "after": after, "size": size})
            return [_readable(row) for row in rows.mappings()]

    async def show(self, message_id: int) -> dict[str, Any] | None:
        """Return one message with headers and value as text, or None."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_SHOW, {"id": message_id})).mappings().one_or_none()
        if row is None:
            return None
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in unpack_headers(row["headers"])}
        value = None if row["value"] is None else row["value"].decode("utf-8", "replace")
        return {**_readable(row), "headers": headers, "value": value}

    async def release(self, message_id: int, *, by: str) -> int:
        """Apply all parked messages of this message's key, oldest first; return how many went through.

        Stops at the first that still fails: its error is raised, the ones before it are settled, the rest stays parked.
        One whose predecessor is missing lets those behind it go first: a replay may have brought the predecessor there.
        Raises LookupError where no such message is parked.
        """
        row = await self._parked(message_id)
        if row is None:
            raise LookupError(f"no parked message {message_id}")
        released = 0
        while await self._release_next(row["consumer"], row["key"], by):
            released += 1
        return released

    async def read_again(self, is_outage: Callable[[BaseException], bool], *, size: int = 500) -> int:
        """Release what this version can read; return how many messages went through, with those behind them.

        While an upgrade is rolled out, replicas of the version before park events that are new to them. What fails for
        another reason stays parked with that reason, for an operator. Looks at up to `size` messages, and only once at
        what it cannot read.
        """
        async with self._engine.connect() as connection:
            wanted = {"unread": MalformedEvent.__name__, "unreadable": [*self._unreadable], "size": size}
            rows = (await connection.execute(_UNREAD, wanted)).all()
        readable = {row.id for row in rows if _is_readable(row.headers, row.value)}
        if len(readable) < len(rows):
            await self._note_unreadable({row.id for row in rows} - readable)
        released = 0
        for message_id in sorted(readable):
            released += await self._release_unread(message_id, is_outage)
        return released

    async def _note_unreadable(self, ids: set[int]) -> None:
        """Note these as well, and forget those that an operator has settled."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(_STILL_PARKED, {"ids": [*self._unreadable, *ids]})
            self._unreadable = set(rows.scalars())

    async def _release_unread(self, message_id: int, is_outage: Callable[[BaseException], bool]) -> int:
        """Release what waits of the key of this message, unless that went with one before it or at another replica."""
        released = 0
        try:
            row = await self._parked(message_id)
            while row is not None and await self._release_next(row["consumer"], row["key"], READER):
                released += 1
        except Exception as error:
            if is_outage(error):
                raise
            said = {"begun_with": message_id, "released": released, "error_class": type(error).__name__}
            log.warning("second_reading_failed", **said)
        else:
            if released:
                log.info("parked_read_again", begun_with=message_id, released=released)
        return released

    async def _parked(self, message_id: int) -> sa.RowMapping | None:
        async with self._engine.connect() as connection:
            return (await connection.execute(_ONE, {"id": message_id})).mappings().one_or_none()

    async def discard(self, message_id: int, *, by: str, reason: str) -> None:
        """Give up on one message for good: it counts as applied, so that no replay brings it back.

        Raises LookupError where no such message is parked.
        """
        async with self._engine.begin() as connection:
            row = (await connection.execute(_ONE, {"id": message_id})).mappings().one_or_none()
            if row is None:
                raise LookupError(f"no parked message {message_id}")
            try:
                event = parse(unpack_headers(row["headers"]), row["value"])
            except MalformedEvent:
                event = None
            if event is not None:
                await inbox.claim(connection, row["consumer"], [event.id])
            await _settle(connection, message_id, "discarded", by, reason)

    async def _release_next(self, consumer: str, key: bytes, by: str) -> bool:
        """Settle the first message of the key that can be applied; False where none is left."""
        async with self._engine.begin() as connection:
            rows = (await connection.execute(_OF_KEY, {"consumer": consumer, "key": key})).mappings().all()
            failure: tuple[int, Exception] | None = None
            for row in rows:
                error = await self._apply(connection, row)
                if error is None:
                    await _settle(connection, row["id"], "released", by, None)
                    return True
                failure = failure or (row["id"], error)
                if not isinstance(error, OutOfOrder):
                    break
            if failure is not None:
                message_id, error = failure
                note = {"id": message_id, "error_class": type(error).__name__, "error": explained(error)}
                await connection.execute(_FAILED, note)
        if failure is not None:
            raise failure[1]
        return False

    async def _apply(self, connection: AsyncConnection, row: sa.RowMapping) -> Exception | None:
        """Apply a parked message behind a savepoint; return the error that stopped it, or None.

        One that was parked as of an unknown type and is known as one of no interest now is skipped, as consumers do.
        """
        headers = unpack_headers(row["headers"])
        message = Message(row["topic"], row["partition"], row["offset"], row["key"], headers, row["value"])
        try:
            event = parse(headers, row["value"])  # what cannot be read would only be parked again
            subscription = self._subscriptions[row["consumer"]]
            if event.type in subscription.types:
                async with connection.begin_nested():
                    await subscription.apply_within(connection, [message], releasing=True)
        except Exception as error:  # noqa: BLE001 - noted with the message, then raised
            return error
        return None


def _is_readable(headers: bytes, value: bytes | None) -> bool:
    try:
        parse(unpack_headers(headers), value)
    except MalformedEvent:
        return False
    return True


def _readable(row: sa.RowMapping) -> dict[str, Any]:
    """Return the row with its key as text, whatever bytes a foreign producer chose, and the id of its event."""
    shown = {**row, "key": row["key"].decode("utf-8", "replace"), "event_id": id_of(unpack_headers(row["headers"]))}
    del shown["headers"]
    return shown


async def _settle(connection: AsyncConnection, message_id: int, state: str, by: str, reason: str | None) -> None:
    await connection.execute(_SETTLE, {"id": message_id, "state": state, "by": by, "reason": reason})
