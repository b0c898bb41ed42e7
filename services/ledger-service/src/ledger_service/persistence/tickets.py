"""Tickets for the stream: written when one is given, gone when it is used."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.persistence.tables import stream_ticket
from runtime.auth import Caller

_GIVE = sa.text("""
    WITH forgotten AS (DELETE FROM stream_ticket WHERE valid_until < statement_timestamp())
    INSERT INTO stream_ticket (digest, tenant, subject, roles, expires_at, valid_until)
    VALUES (:digest, :tenant, :subject, CAST(:roles AS text[]), to_timestamp(:expires_at),
            statement_timestamp() + make_interval(secs => :seconds))
""")
_TAKE = (
    sa.delete(stream_ticket)
    .where(stream_ticket.c.digest == sa.bindparam("digest"))
    .returning(
        stream_ticket.c.tenant,
        stream_ticket.c.subject,
        stream_ticket.c.roles,
        sa.extract("epoch", stream_ticket.c.expires_at).label("expires_at"),
        (stream_ticket.c.valid_until >= sa.func.statement_timestamp()).label("is_valid"),
    )
)


async def give(connection: AsyncConnection, digest: bytes, caller: Caller, *, seconds: float) -> None:
    """Keep a ticket of `caller` for some seconds, and forget those that nobody came with in time."""
    parameters = {
        "digest": digest,
        "tenant": caller.tenant,
        "subject": caller.subject,
        "roles": sorted(caller.roles),
        "expires_at": caller.expires_at,
        "seconds": seconds,
    }
    await connection.execute(_GIVE, parameters)


async def take(connection: AsyncConnection, digest: bytes) -> Caller | None:
    """Return who a ticket was given to, and let it be none any more; None where it is not, or not any more, valid."""
    row = (await connection.execute(_TAKE, {"digest": digest})).one_or_none()
    if row is None or not row.is_valid:
        return None
    return Caller(row.subject, row.tenant, frozenset(row.roles), float(row.expires_at))
