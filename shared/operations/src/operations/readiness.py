"""What a service needs to do its work, checked for `/readyz`."""

from collections.abc import Mapping

from aiokafka.client import AIOKafkaClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.kafka import KafkaConnection
from runtime.health import Check, Readiness


def readiness_of(engine: AsyncEngine, kafka: KafkaConnection, others: Mapping[str, Check] | None = None) -> Readiness:
    """Return the checks of a service: without its database it is not ready; what else is absent is only reported.

    A service without Kafka still accepts and shows; the outbox keeps what waits to be published. `others` are the
    service's own, by name.
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

    return Readiness({"database": database, "kafka": brokers, **(others or {})}, fatal=frozenset({"database"}))
