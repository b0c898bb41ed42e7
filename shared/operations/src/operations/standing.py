"""How one service stands: the parts that reconciliation and replay ask."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiokafka.errors import KafkaError
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from eventbus.backlog import waiting
from eventbus.books import AppliedBook
from eventbus.brokers import Brokers, GroupHealth, TopicHealth
from eventbus.parked_keys import parked_messages
from eventbus.slices import Subscription
from runtime.database import SchemaState, schema_state

_OWNED = text("""
    SELECT DISTINCT relname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE proname = 'refuse_change' AND pg_has_role(relowner, 'USAGE') ORDER BY relname
""")
_KAFKA_SECONDS = 6.0


IsReadingAgain = Callable[[AsyncConnection], Awaitable[bool]]
"""Says whether a service that was restored has something to read again, or to do since."""


class OutboxState(BaseModel):
    """What waits to be published, since when, and what never will be."""

    waiting: int
    oldest_seconds: float
    set_aside: int


class ConsumerState(BaseModel):
    """How a topic is kept and how far its consumer is; two nulls where Kafka did not answer."""

    consumer: str
    topic_name: str
    topic: TopicHealth | None
    group: GroupHealth | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The service's own parts."""

    service: str
    engine: AsyncEngine
    database_url: str
    brokers: Brokers
    subscriptions: Sequence[Subscription]
    applied: AppliedBook
    """Its book of what it applied of all of them."""
    is_reading_again: IsReadingAgain | None = None

    async def outbox(self) -> OutboxState:
        """Look at the outbox."""
        async with self.engine.connect() as connection:
            found = await waiting(connection)
        return OutboxState(waiting=found.rows, oldest_seconds=found.oldest_seconds, set_aside=found.set_aside)

    async def parked(self) -> int:
        """Count the messages that are parked now."""
        async with self.engine.connect() as connection:
            return await parked_messages(connection)

    async def reads_again(self) -> bool:
        """Say whether it was restored, and is not whole yet."""
        if self.is_reading_again is None:
            return False
        async with self.engine.connect() as connection:
            return await self.is_reading_again(connection)

    async def schema(self) -> SchemaState:
        """Compare the database with the migrations of this release."""
        return await asyncio.to_thread(schema_state, f"{self.service}_service", self.database_url)

    async def owned_append_only(self) -> list[str]:
        """Return the tables that only grow, and that the service's login owns: it could switch their triggers off."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(_OWNED)).scalars())

    async def at_kafka(self) -> list[ConsumerState]:
        """Ask Kafka about each topic and its consumer; what it does not answer in time stays null."""
        return list(await asyncio.gather(*map(self._consumer, self.subscriptions)))

    async def _consumer(self, subscription: Subscription) -> ConsumerState:
        state = ConsumerState(consumer=subscription.consumer, topic_name=subscription.topic, topic=None, group=None)
        try:
            async with asyncio.timeout(_KAFKA_SECONDS):
                topic = await self.brokers.topic(subscription.topic)
                group = await self.brokers.group(subscription.consumer, subscription.topic)
        except (KafkaError, OSError, TimeoutError):
            return state
        return state.model_copy(update={"topic": topic, "group": group})
