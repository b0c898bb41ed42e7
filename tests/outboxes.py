"""What services have put into their outboxes."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.envelope import headers_of
from eventbus.parking import Message

_ABOUT = sa.text("SELECT * FROM outbox WHERE aggregateid = :subject ORDER BY position")


async def published(engine: AsyncEngine, subject: object) -> list[dict[str, Any]]:
    """Return the rows about something, in order; `data` of each is its payload, read."""
    async with engine.connect() as connection:
        rows = (await connection.execute(_ABOUT, {"subject": str(subject)})).mappings().all()
    return [{**row, "data": json.loads(row["payload"])} for row in rows]


def as_message(row: Mapping[Any, Any], offset: int = 0) -> Message:
    """Return a row as consumers have it from partition 0 of its topic."""
    headers = headers_of(
        event_id=str(row["id"]),
        event_type=row["type"],
        source=row["source"],
        subject=row["aggregateid"],
        tenant=row["tenant"],
        time=row["time"],
        sequence=row["sequence"],
        correlation_id=str(row["correlationid"]),
        causation_id=None if row["causationid"] is None else str(row["causationid"]),
        traceparent=row["traceparent"],
    )
    return Message(row["aggregatetype"], 0, offset, row["aggregateid"].encode(), headers, row["payload"].encode())
