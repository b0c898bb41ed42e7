"""From bare servers to ones that the services can work on: schemas, topics, and the demo county."""

import asyncio
from collections.abc import Callable
from importlib import import_module

from jieban.embedded.datadir import DataDir, write_atomically
from jieban.kafka_topics import create_missing
from jieban.schemas import migrate_all, newer_schema
from jieban.services import ALL_SERVICES, ServiceName, database_url, targets
from runtime.settings import RuntimeSettings


async def prepare(settings: RuntimeSettings, directory: DataDir, *, demo: bool, tell: Callable[[str], None]) -> None:
    """Migrate the databases, create missing topics and, once for a data directory, load the demo county.

    Raises `UserError` when a database or Kafka cannot be used.
    """
    states = await asyncio.to_thread(migrate_all, targets(settings, ALL_SERVICES))
    applied = [f"{len(state.pending)} migrations for {name}" for name, state in states.items() if state.pending]
    if applied:
        tell("Databases: " + ", ".join(applied))
    for name, state in states.items():
        if state.newer:
            tell(newer_schema(name, state))
    if created := await create_missing(settings):
        tell(f"Kafka topics: created {', '.join(created)}")
    marker = directory.root / "demo-loaded"
    if demo and not marker.exists():
        await import_module("dispatch_service.demo").load(database_url(settings, ServiceName.DISPATCH), settings.tenant)
        ledger = database_url(settings, ServiceName.LEDGER)
        await import_module("ledger_service.demo").load(ledger, settings.tenant, settings.timezone)
        write_atomically(marker, settings.tenant)
        tell(f"Demo county {settings.tenant}: loaded")
