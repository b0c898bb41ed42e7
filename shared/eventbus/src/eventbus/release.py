"""What operators do with parked messages: list, show, release in order, discard with a reason."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import MalformedEvent, parse
from eventbus import inbox
from eventbus.parking import Message, explained, unpack_headers
from eventbus.slices import Subscription

_COLUMNS = """
    id, consumer, topic, partition, "offset", key, error_class, error, attempts, state,
    parked_at, settled_at, settled_by, reason
"""
_LIST = sa.text(f"""
    SELECT {_COLUMNS} FROM parked_message
    WHERE id > :after AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY id LIMIT :size
""")
_SHOW = sa.text(f"SELECT {_COLUMNS}, headers, value FROM parked_message WHERE id = :id")
_FIRST = sa.text("""
    SELECT * FROM parked_message WHERE state = 'parked' AND consumer = :consumer AND key = :key
    ORDER BY id LIMIT 1 FOR UPDATE
""")
_ONE = sa.text("SELECT * FROM parked_message WHERE id = :id AND state = 'parked' FOR UPDATE")
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
        Raises LookupError where no such message is parked.
        """
        async with self._engine.connect() as connection:
            row = (await connection.execute(_ONE, {"id": message_id})).mappings().one_or_none()
        if row is None:
            raise LookupError(f"no parked message {message_id}")
        released = 0
        while await self._release_first(row["consumer"], row["key"], by):
            released += 1
        return released

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

    async def _release_first(self, consumer: str, key: bytes, by: str) -> bool:
        async with self._engine.begin() as connection:
            row = (await connection.execute(_FIRST, {"consumer": consumer, "key": key})).mappings().one_or_none()
            if row is None:
                return False
            error = await self._apply(connection, row)
            if error is None:
                await _settle(connection, row["id"], "released", by, None)
            else:
                note = {"id": row["id"], "error_class": type(error).__name__, "error": explained(error)}
                await connection.execute(_FAILED, note)
        if error is not None:
            raise error
        return True

    async def _apply(self, connection: AsyncConnection, row: sa.RowMapping) -> Exception | None:
        """Apply a parked message behind a savepoint; return the error that stopped it, or None."""
        headers = unpack_headers(row["headers"])
        message = Message(row["topic"], row["partition"], row["offset"], row["key"], headers, row["value"])
        try:
            parse(headers, row["value"])  # what cannot be read would only be parked again
            async with connection.begin_nested():
                await self._subscriptions[row["consumer"]].apply_within(connection, [message], releasing=True)
        except Exception as error:  # noqa: BLE001 - noted with the message, then raised
            return error
        return None


def _readable(row: sa.RowMapping) -> dict[str, Any]:
    """Return the row with its key as text, whatever bytes a foreign producer chose."""
    return {**row, "key": row["key"].decode("utf-8", "replace")}


async def _settle(connection: AsyncConnection, message_id: int, state: str, by: str, reason: str | None) -> None:
    await connection.execute(_SETTLE, {"id": message_id, "state": state, "by": by, "reason": reason})
