"""The Alembic environment that all services share; a service's `env.py` only names its tables.

from intake_service.persistence.tables import metadata
from runtime import migrations_env

migrations_env.run(metadata)
"""

import asyncio
from collections.abc import Callable

from alembic import context
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.schema import SchemaItem

from runtime.database_urls import asyncpg_url
from runtime.migrations import lock_id

LOCK_TIMEOUT = "5s"
"""How long a migration may wait for a table before it gives up rather than hold up every request behind it."""


def run(metadata: MetaData) -> None:
    """Run what the Alembic command asks for on the database of `config.attributes["url"]`."""
    url = context.config.attributes["url"]
    asyncio.run(_online(url, metadata))


async def _online(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, connect_args={"timeout": 5.0})
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, metadata)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    attributes = context.config.attributes
    connection.execute(text("select pg_advisory_xact_lock(:id)"), {"id": lock_id(attributes["package"])})
    connection.execute(text("select set_config('lock_timeout', :timeout, true)"), {"timeout": LOCK_TIMEOUT})
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        include_object=_without(_partitions(connection)),
    )
    with context.begin_transaction():
        context.run_migrations()


def _partitions(connection: Connection) -> frozenset[str]:
    """Return the partitions, which are made at run time and so are in no migration."""
    names = connection.scalars(text("select relname from pg_class where relispartition and relkind = 'r'"))
    return frozenset(names)


def _without(partitions: frozenset[str]) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    def include(_item: SchemaItem, name: str | None, kind: str, reflected: bool, _other: SchemaItem | None) -> bool:
        return not (kind == "table" and reflected and name in partitions)

    return include
