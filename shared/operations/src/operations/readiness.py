"""What a service needs to do its work, checked for `/readyz`."""

from aiokafka.client import AIOKafkaClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.kafka import KafkaConnection
from runtime.health import Readiness


def readiness_of(engine: AsyncEngine, kafka: KafkaConnection) -> Readiness:
    """Return the checks of a service: without its database it is not ready; Kafka's absence is only reported.

    A service without Kafka still accepts and shows; the outbox keeps what waits to be published.
    """

    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def brokers() -> None:
        client = AIOKafkaClient(**kafka.client_options())
        try:
            await client.bootstrap()
        finally:
            await client.close()

    return Readiness({"database": database, "kafka": brokers}, fatal=frozenset({"database"}))
