"""Appends events to the outbox, in the transaction that makes them true.

Append only while holding the aggregate's row lock (or when creating it): that is what orders the rows of one key.
"""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from eventbus.driver import Statement
from eventbus.errors import EventTooLarge
from eventbus.tables import SHARDS

CHANNEL = "outbox"
"""The channel on which a waiting relay is woken. A hint only: the relay polls as well."""
MAX_PAYLOAD_BYTES = 900_000
"""Leaves room for key and headers in the broker's limit of 1 MiB a record."""

APPEND_SQL = """
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, source, tenant, time, sequence,
                    correlationid, causationid, traceparent, shard)
SELECT id, CAST(:topic AS text), aggregateid, type, payload, source, tenant, time, sequence,
       correlationid, causationid, traceparent, shard
FROM unnest(
    CAST(:event_ids AS uuid[]), CAST(:keys AS text[]), CAST(:types AS text[]),
    CAST(:payloads AS text[]), CAST(:sources AS text[]), CAST(:tenants AS text[]), CAST(:times AS timestamptz[]),
    CAST(:sequences AS int[]), CAST(:correlations AS uuid[]), CAST(:causations AS uuid[]),
    CAST(:traceparents AS text[]), CAST(:shards AS smallint[])
) AS event (id, aggregateid, type, payload, source, tenant, time, sequence,
            correlationid, causationid, traceparent, shard)
"""
"""Takes the parameters of `columns`; a service may put it into a larger statement, with a WHERE behind it."""
_APPEND = Statement(f"WITH appended AS ({APPEND_SQL}) SELECT pg_notify('{CHANNEL}', '')")


def shard_of(key: str) -> int:
    """Return the shard (0 … SHARDS - 1) that publishes the events of `key`."""
    return crc32(key.encode()) % SHARDS


def columns(topic: str, events: Sequence[Event[Any]]) -> dict[str, Any]:
    """Return the parameters that APPEND_SQL takes; raises EventTooLarge before anything is written."""
    keys = [str(event.subject) for event in events]
    return {
        "event_ids": [event.id for event in events],
        "topic": topic,
        "keys": keys,
        "types": [event.type.value for event in events],
        "payloads": [_payload(event) for event in events],
        "sources": [event.source for event in events],
        "tenants": [event.tenant for event in events],
        "times": [event.time for event in events],
        "sequences": [event.sequence for event in events],
        "correlations": [event.correlation_id for event in events],
        "causations": [event.causation_id for event in events],
        "traceparents": [event.traceparent for event in events],
        "shards": [shard_of(key) for key in keys],
    }


async def append(connection: AsyncConnection, topic: str, events: Sequence[Event[Any]]) -> None:
    """Write `events` to the outbox in one statement and wake the relay when the transaction commits."""
    if events:
        await _APPEND.fetch(connection, columns(topic, events))


def _payload(event: Event[Any]) -> str:
    """Return the payload as text; of an event that came from Kafka, as it came."""
    payload = event.raw.decode() if event.raw else event.data.model_dump_json(exclude_none=True)
    if len(payload) > MAX_PAYLOAD_BYTES // 4 and len(payload.encode()) > MAX_PAYLOAD_BYTES:
        raise EventTooLarge(f"{event.type} of {event.subject} takes more than {MAX_PAYLOAD_BYTES} bytes")
    return payload
