"""The bare twins of the pipeline: the least code that does the same to the database, one transaction a slice.

No parking, no inbox per consumer, no sequence check, no state table, no routing: what is left is the ceiling. The
ledger's twin chains its entries by SHA-256, and neither builds a tree nor keeps figures.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.events import ComplaintAssigned, ComplaintReceived

ASSIGNED_TOPIC = "bench.assigned"
HOP_TOPIC = "bench.hop"
SLICE = 500
_TABLES = """
CREATE TABLE bare_inbox (event_id uuid PRIMARY KEY);
CREATE TABLE bare_case (id uuid PRIMARY KEY, number text, source text, category text, description text,
    lon float8, lat float8, team text, received_at timestamptz);
CREATE TABLE bare_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid, topic text, key text,
    type text, payload text, published_at timestamptz);
CREATE INDEX bare_unpublished ON bare_outbox (position) WHERE published_at IS NULL;
CREATE TABLE bare_entry (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid, complaint_id uuid,
    type text, at timestamptz, data text, link bytea);
CREATE INDEX bare_entry_story ON bare_entry (complaint_id, position);
CREATE TABLE bare_story (id uuid PRIMARY KEY, status text, number text, description text, updated_at timestamptz);
"""
_CLAIM = "INSERT INTO bare_inbox SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
_CASE = """
INSERT INTO bare_case SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[],
    $7::float8[], $8::text[], $9::timestamptz[]) ON CONFLICT DO NOTHING
"""
_OUTBOX = """
INSERT INTO bare_outbox (id, topic, key, type, payload)
SELECT a, $2, b, 'complaint.assigned', c FROM unnest($1::uuid[], $3::text[], $4::text[]) AS t (a, b, c)
"""
_ENTRY = """
INSERT INTO bare_entry (event_id, complaint_id, type, at, data, link)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::bytea[])
"""
_STORY = """
INSERT INTO bare_story SELECT DISTINCT ON (a) a, b, c, d, e
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY AS t (a, b, c, d, e, o)
ORDER BY a, o DESC
ON CONFLICT (id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at
"""


async def prepare(url: str) -> None:
    """Make the tables."""
    connection = await asyncpg.connect(url)
    await connection.execute(_TABLES)
    await connection.close()


async def dispatch(url: str, servers: str, topic: str, count: int) -> float:
    """Consume `count` received events: parse, claim, case, outbox. Return events a second."""
    connection = await asyncpg.connect(url)
    consumer = await _consumer(servers, topic)
    done, started = 0, time.perf_counter()
    while done < count:
        records = await _poll(consumer)
        ids = [uuid.UUID(dict(record.headers)["ce_id"].decode()) for record in records]
        subjects = [uuid.UUID(record.key.decode()) for record in records]
        data = [ComplaintReceived.model_validate_json(record.value) for record in records]
        follow_ups = [
            ComplaintAssigned(team="t", team_name="t", grid="g", community="c", round=1, rule="grid") for _ in data
        ]
        async with connection.transaction():
            await connection.fetch(_CLAIM, ids)
            await connection.execute(_CASE, subjects, *_case_columns(data))
            keys, payloads = list(map(str, subjects)), [event.model_dump_json() for event in follow_ups]
            await connection.execute(_OUTBOX, [uuid.uuid4() for _ in data], ASSIGNED_TOPIC, keys, payloads)
        await consumer.commit()
        done += len(records)
    return await _finish(connection, consumer, done, started)


async def relay(url: str, servers: str, count: int) -> float:
    """Publish `count` rows: read, send keyed, await, mark. Return events a second."""
    connection = await asyncpg.connect(url)
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, max_batch_size=262_144)
    await producer.start()
    done, started = 0, time.perf_counter()
    while done < count:
        rows = await connection.fetch(
            "SELECT * FROM bare_outbox WHERE published_at IS NULL ORDER BY position LIMIT 1000"
        )
        sent = [
            await producer.send(
                row["topic"],
                row["payload"].encode(),
                key=row["key"].encode(),
                headers=[("ce_id", str(row["id"]).encode()), ("ce_type", row["type"].encode())],
            )
            for row in rows
        ]
        await asyncio.gather(*sent)
        positions = [row["position"] for row in rows]
        await connection.execute("UPDATE bare_outbox SET published_at = now() WHERE position = ANY($1)", positions)
        done += len(rows)
    rate = done / (time.perf_counter() - started)
    await producer.stop()
    await connection.close()
    return rate


async def ledger(url: str, servers: str, topic: str, count: int) -> float:
    """Consume `count` received and assigned events: parse, chain, claim, entry, story. Return events a second."""
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE bare_inbox")
    consumer = await _consumer(servers, topic, ASSIGNED_TOPIC)
    links = [b""]
    done, started = 0, time.perf_counter()
    while done < count:
        records = await _poll(consumer)
        ids, subjects, types, stories = [], [], [], []
        for record in records:
            headers = dict(record.headers)
            ids.append(uuid.UUID(headers["ce_id"].decode()))
            subjects.append(uuid.UUID(record.key.decode()))
            types.append(headers["ce_type"].decode())
            stories.append(_story(types[-1], record.value))
        times, texts = [datetime.now(UTC)] * len(ids), [record.value.decode() for record in records]
        status, number, text = map(list, zip(*stories, strict=True))
        links = list(_chain(links[-1], records))
        async with connection.transaction():
            await connection.fetch(_CLAIM, ids)
            await connection.execute(_ENTRY, ids, subjects, types, times, texts, links)
            await connection.execute(_STORY, subjects, status, number, text, times)
        await consumer.commit()
        done += len(records)
    return await _finish(connection, consumer, done, started)


async def hop(url: str, servers: str, count: int) -> list[float]:
    """Send `count` records one after the other; return for each the seconds until its row is committed elsewhere."""
    connection = await asyncpg.connect(url)
    consumer, producer = await _consumer(servers, HOP_TOPIC), AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await producer.start()
    seconds = []
    for number in range(count + 10):  # the first ten warm up
        began = time.perf_counter()
        await producer.send_and_wait(HOP_TOPIC, b"{}", key=str(number).encode())
        for _ in await _poll(consumer):
            await connection.execute("INSERT INTO bare_inbox VALUES ($1)", uuid.uuid4())
        seconds.append(time.perf_counter() - began)
    await producer.stop()
    await consumer.stop()
    await connection.close()
    return seconds[10:]


def _story(event_type: str, value: bytes) -> tuple[str, str | None, str | None]:
    if event_type == "complaint.received":
        received = ComplaintReceived.model_validate_json(value)
        return "received", received.number, received.description
    ComplaintAssigned.model_validate_json(value)
    return "assigned", None, None


def _chain(link: bytes, records: list[Any]) -> Iterator[bytes]:
    for record in records:
        link = hashlib.sha256(link + record.value).digest()
        yield link


def _case_columns(data: list[ComplaintReceived]) -> list[list[Any]]:
    return [
        [event.number for event in data],
        [event.source for event in data],
        [event.category for event in data],
        [event.description for event in data],
        [event.location.lon for event in data],
        [event.location.lat for event in data],
        ["t"] * len(data),
        [event.received_at for event in data],
    ]


async def _consumer(servers: str, *topics: str) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=servers,
        group_id=f"bare-{uuid.uuid4()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    return consumer


async def _poll(consumer: AIOKafkaConsumer) -> list[Any]:
    while True:
        polled = await consumer.getmany(timeout_ms=1000, max_records=SLICE)
        if polled:
            return [record for records in polled.values() for record in records]


async def _finish(connection: Any, consumer: AIOKafkaConsumer, done: int, started: float) -> float:
    rate = done / (time.perf_counter() - started)
    await consumer.stop()
    await connection.close()
    return rate
