"""What is parked at a service, without saying what is in it: which keys wait at a consumer, and how many messages."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import id_of
from eventbus.parking import unpack_headers

_KEYS = sa.text("""
    SELECT key, min(parked_at) AS since, count(*) AS messages, (array_agg(headers ORDER BY id))[1] AS headers
    FROM parked_message WHERE state = 'parked' AND consumer = :consumer
    GROUP BY key ORDER BY since, key LIMIT :size
""")
_MESSAGES = sa.text("SELECT count(*) FROM parked_message WHERE state = 'parked'")


class ParkedKey(NamedTuple):
    """A key with the first of its parked messages."""

    key: UUID | None
    """None where it is no UUID, as those of foreign producers."""
    tenant: str | None
    event: UUID | None
    """Both None where the message does not name them."""
    since: datetime
    messages: int


async def parked_keys(connection: AsyncConnection, consumer: str, *, size: int) -> list[ParkedKey]:
    """Return up to `size` keys of which `consumer` has messages parked, the longest parked first."""
    rows = await connection.execute(_KEYS, {"consumer": consumer, "size": size})
    return [_read(row) for row in rows]


async def parked_messages(connection: AsyncConnection) -> int:
    """Return how many messages are parked at the service now, of whatever topic."""
    return int((await connection.execute(_MESSAGES)).scalar_one())


def _read(row: sa.Row[tuple[bytes, datetime, int, bytes]]) -> ParkedKey:
    headers = unpack_headers(row.headers)
    tenant = (dict(headers).get("ce_tenant") or b"").decode("utf-8", "replace").replace("\x00", "")
    return ParkedKey(_uuid(row.key), tenant or None, id_of(headers), row.since, row.messages)


def _uuid(key: bytes) -> UUID | None:
    try:
        return UUID(key.decode())
    except ValueError:
        return None
