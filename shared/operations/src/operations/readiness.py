"""What a service needs to do its work: checked for `/readyz`, and again and again for the metrics."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from aiokafka.client import AIOKafkaClient
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.kafka import KafkaConnection
from operations.rounds import Rounds
from runtime.health import Check, Readiness

EVERY = timedelta(seconds=15)
_FOUND = Gauge("jieban_check_ok", "1 while what the service needs can be used, 0 while not", ["service", "check"])
_DATABASE = "database"


def checks_of(engine: AsyncEngine, kafka: KafkaConnection) -> Mapping[str, Check]:
    """Return the checks that all services have."""

    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def brokers() -> None:
        client = AIOKafkaClient(**kafka.client_options())
        try:
            await client.bootstrap()
        finally:
            await client.close()

    return {_DATABASE: database, "kafka": brokers}


def readiness_of(checks: Mapping[str, Check]) -> Readiness:
    """Return the readiness of a service: not without its database; what else is absent is only reported.

    A service without Kafka still accepts and shows; the outbox keeps what waits to be published.
    """
    return Readiness(checks, fatal=frozenset({_DATABASE}))


def measured(name: str, service: str, checks: Mapping[str, Check]) -> Rounds:
    """Return the worker `name` that tells the metrics what the checks find, whoever asks `/readyz` or not."""
    return Rounds(name, partial(_measure, service, Readiness(checks, fatal=frozenset())), every=EVERY)


async def _measure(service: str, readiness: Readiness) -> None:
    _, report = await readiness.report()
    for name, found in report["checks"].items():
        _FOUND.labels(service, name).set(found["ok"])
