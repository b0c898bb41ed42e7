"""A service of the suite's own: a database with the bus's tables, and one table of what its handler did.

`applied` has no constraint on the event id, so an event that takes effect twice shows as two rows, and its rows stand
in the order in which they took effect.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.envelope import Event
from contracts.lifecycle import EventType
from eventbus import outbox
from eventbus.consumer import Consumer, ConsumerOptions
from eventbus.kafka import KafkaConnection
from eventbus.relay import Relay
from eventbus.release import ParkedMessages
from eventbus.slices import Handler, Subscription
from eventbus.tables import add_bus_tables
from runtime.outages import is_outage

metadata = sa.MetaData()
add_bus_tables(metadata)
applied_table = sa.Table(
    "applied",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("correlation_id", sa.Uuid, nullable=False),
    sa.Column("traceparent", sa.Text),
    sa.Column("consumer", sa.Text),
)

_WRITE = sa.text("""
    INSERT INTO applied (event_id, subject, sequence, correlation_id, traceparent, consumer)
    SELECT event_id, subject, sequence, correlation_id, traceparent, :consumer FROM unnest(
        CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]), CAST(:sequences AS int[]),
        CAST(:correlations AS uuid[]), CAST(:traceparents AS text[])
    ) WITH ORDINALITY AS event (event_id, subject, sequence, correlation_id, traceparent, place) ORDER BY place
""")

Objection = Callable[[Event], Exception | None]


class Applied(NamedTuple):
    """One effect."""

    event_id: UUID
    subject: UUID
    sequence: int


class Applying:
    """The handler: writes every event into `applied`; `objects` may return an error for one, `delay` slows it down."""

    def __init__(self, name: str = "", *, objects: Objection = lambda _: None, delay: float = 0.0) -> None:
        self.name = name
        self.objects = objects
        self.delay = delay
        self.slices: list[list[Event]] = []
        """Every call, also those that were rolled back afterwards."""

    async def __call__(self, connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
        self.slices.append(list(events))
        await write(connection, events, self.name)
        await asyncio.sleep(self.delay)
        for event in events:
            if error := self.objects(event):
                raise error
        return []


async def write(connection: AsyncConnection, events: Sequence[Event], consumer: str = "") -> None:
    """Record that `events` took effect, in this order."""
    columns = {
        "ids": [event.id for event in events],
        "subjects": [event.subject for event in events],
        "sequences": [event.sequence for event in events],
        "correlations": [event.correlation_id for event in events],
        "traceparents": [event.traceparent for event in events],
    }
    await connection.execute(_WRITE, {**columns, "consumer": consumer})


@dataclass(frozen=True)
class TinyService:
    """Both ends of the bus in one database: what is appended to its outbox comes back to its own consumer."""

    url: str
    engine: AsyncEngine
    kafka: KafkaConnection
    topic: str

    @property
    def group(self) -> str:
        """The consumer's name, and so its group."""
        return f"{self.topic}-reader"

    def relay(self, **options: Any) -> Relay:
        """A relay of this outbox."""
        return Relay(service=self.topic, engine=self.engine, kafka=self.kafka, is_outage=is_outage, **options)

    def subscription(self, handler: Handler | None = None) -> Subscription:
        """The subscription to complaints that were received or assigned; other types are of no interest."""
        types = frozenset({EventType.RECEIVED, EventType.ASSIGNED})
        return Subscription(self.group, self.topic, types, handler or Applying())

    def consumer(self, handler: Handler | None = None, **options: Any) -> Consumer:
        """A consumer that writes into `applied`."""
        return Consumer(
            subscription=self.subscription(handler),
            engine=self.engine,
            kafka=self.kafka,
            is_outage=is_outage,
            options=ConsumerOptions(**options),
        )

    def parked_messages(self, handler: Handler | None = None) -> ParkedMessages:
        """What an operator does with this service's parked messages."""
        return ParkedMessages(self.engine, [self.subscription(handler)])

    async def append(self, events: Sequence[Event]) -> None:
        """Put `events` into the outbox, in a transaction of their own."""
        async with self.engine.begin() as connection:
            await outbox.append(connection, self.topic, events)

    async def applied(self) -> list[Applied]:
        """Every effect, in the order in which they came about."""
        columns = (applied_table.c.event_id, applied_table.c.subject, applied_table.c.sequence)
        rows = await self.rows(sa.select(*columns).order_by(applied_table.c.position))
        return [Applied(row.event_id, row.subject, row.sequence) for row in rows]

    async def parked(self, state: str = "parked") -> list[sa.Row[Any]]:
        """The parked messages in this state, in the order of their parking."""
        return await self.rows("SELECT * FROM parked_message WHERE state = :state ORDER BY id", state=state)

    async def unpublished(self) -> int:
        """How many outbox rows wait."""
        return int((await self.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL"))[0][0])

    async def rows(self, query: str | sa.Executable, **parameters: object) -> list[sa.Row[Any]]:
        """Read from the service's database."""
        statement = sa.text(query) if isinstance(query, str) else query
        async with self.engine.connect() as connection:
            return list((await connection.execute(statement, parameters)).all())

    async def execute(self, statement: str, **parameters: object) -> None:
        """Change the service's database."""
        async with self.engine.begin() as connection:
            await connection.execute(sa.text(statement), parameters)
