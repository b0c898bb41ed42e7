"""Parks messages that cannot be applied, and everything of the same key behind them, in order."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Headers


class Message(NamedTuple):
    """A record as it came, before anything was read into it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: Headers
    value: bytes | None

    @property
    def place(self) -> tuple[str, int, int]:
        """Where in the log it stands: another may stand there once the log was cut, or its topic made anew."""
        return self.topic, self.partition, self.offset

    @property
    def digest(self) -> bytes:
        """What tells it from another at its place; `eventbus.parked_digests` says the same in SQL."""
        parts = [self.key, pack_headers(self.headers), *([] if self.value is None else [self.value])]
        return sha256(b"".join(sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A message to park, and why."""

    message: Message
    error: Exception


class BehindParked(Exception):
    """An earlier message of this key is parked; this one waits behind it."""


_BLOCKED = sa.text("""
    SELECT key FROM parked_message
    WHERE state = 'parked' AND consumer = :consumer AND key = ANY(CAST(:keys AS bytea[])) FOR SHARE
""")
_SETTLED = sa.text("""
    SELECT topic, partition, "offset" FROM parked_message AS parked JOIN unnest(
        CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]),
        CAST(:digests AS bytea[]), CAST(:forgotten AS bytea[])
    ) AS message (topic, partition, "offset", digest, forgotten) USING (topic, partition, "offset")
    WHERE consumer = :consumer AND state <> 'parked' AND parked.digest IN (message.digest, message.forgotten)
""")
_PARK = sa.text("""
    INSERT INTO parked_message (consumer, topic, partition, "offset", digest, key, headers, value, error_class, error)
    VALUES (:consumer, :topic, :partition, :offset, :digest, :key, :headers, :value, :error_class, :error)
    ON CONFLICT ON CONSTRAINT parked_message_once DO UPDATE SET attempts = parked_message.attempts + 1
""")

_FORGET = sa.text("""
    UPDATE parked_message SET value = NULL, digest = sha256(sha256(key) || sha256(headers))
    WHERE state <> 'parked' AND key = ANY(CAST(:keys AS bytea[]))
""")


async def forget_settled(connection: AsyncConnection, subjects: Iterable[UUID]) -> None:
    """Drop the contents of messages about `subjects` that were released or discarded; that they were here stays.

    Their digests become those of messages without contents: from a digest one could see whether a guess is right.
    """
    await connection.execute(_FORGET, {"keys": [str(subject).encode() for subject in subjects]})


async def blocked_keys(connection: AsyncConnection, consumer: str, keys: set[bytes]) -> set[bytes]:
    """Return those of `keys` that have a parked message.

    The rows are locked for the transaction, so that a release at the same moment waits, and nothing overtakes it.
    """
    return set((await connection.execute(_BLOCKED, {"consumer": consumer, "keys": list(keys)})).scalars())


async def settled(connection: AsyncConnection, consumer: str, messages: Sequence[Message]) -> set[tuple[str, int, int]]:
    """Return the places of those `messages` that were parked once and have been released or discarded."""
    wanted = {
        "topics": [message.topic for message in messages],
        "partitions": [message.partition for message in messages],
        "offsets": [message.offset for message in messages],
        "digests": [message.digest for message in messages],
        "forgotten": [message._replace(value=None).digest for message in messages],
    }
    return {(row[0], row[1], row[2]) for row in await connection.execute(_SETTLED, {**wanted, "consumer": consumer})}


async def park(connection: AsyncConnection, consumer: str, misfits: Sequence[Misfit]) -> None:
    """Write `misfits` in order. One that came before (a repeat after a crash) only counts an attempt."""
    for misfit in misfits:
        message = misfit.message
        await connection.execute(
            _PARK,
            {
                "consumer": consumer,
                "topic": message.topic,
                "partition": message.partition,
                "offset": message.offset,
                "digest": message.digest,
                "key": message.key,
                "headers": pack_headers(message.headers),
                "value": message.value,
                "error_class": type(misfit.error).__name__,
                "error": explained(misfit.error),
            },
        )


def explained(error: Exception) -> str:
    """Return the error's message as text that PostgreSQL takes, whatever it quotes."""
    return str(error).replace("\x00", "")[:2000].encode("utf-8", "replace").decode()


def pack_headers(headers: Headers) -> bytes:
    """Store headers byte by byte, whatever they hold (foreign producers may send null)."""
    return json.dumps(
        [[name, None if value is None else base64.b64encode(value).decode()] for name, value in headers]
    ).encode()


def unpack_headers(packed: bytes) -> list[tuple[str, bytes | None]]:
    """Undo pack_headers."""
    return [(name, None if value is None else base64.b64decode(value)) for name, value in json.loads(packed)]
