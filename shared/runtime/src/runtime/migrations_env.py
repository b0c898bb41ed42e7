"""The Alembic environment that all services share; a service's `env.py` only names its tables.

from intake_service.persistence.tables import metadata
from runtime import migrations_env

migrations_env.run(metadata)
"""

import asyncio
import time
from collections.abc import Callable

from alembic import context
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.schema import SchemaItem

from runtime.database_urls import asyncpg_url
from runtime.migrations import APPEND_ONLY, lock_id, working_rights

LOCK_TIMEOUT = "5s"
"""How long a migration may wait for a table before it gives up rather than hold up every request behind it."""
_LOOK_SECONDS = 0.1


def run(metadata: MetaData) -> None:
    """Run what the Alembic command asks for on the database of `config.attributes["url"]`."""
    url = context.config.attributes["url"]
    asyncio.run(_online(url, metadata))


async def _online(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, connect_args={"timeout": 5.0})
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, metadata)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    _take_turn(connection, lock_id(context.config.attributes["package"]))
    connection.execute(text("select set_config('lock_timeout', :timeout, false)"), {"timeout": LOCK_TIMEOUT})
    partitions = _partitions(connection)
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        include_object=_without(partitions),
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if login := context.config.attributes.get("login"):
        _let_work(connection, metadata, login)
        connection.commit()


def _let_work(connection: Connection, metadata: MetaData, login: str) -> None:
    """Let another login work on all tables, and only add to those that only grow."""
    quote = connection.dialect.identifier_preparer.quote
    name, database = quote(login), quote(str(connection.scalar(text("select current_database()"))))
    rights = working_rights(name, database)
    for table in metadata.sorted_tables:
        columns = table.info.get(APPEND_ONLY)
        if columns is not None:
            rights.append(f"REVOKE UPDATE, DELETE ON {quote(table.name)} FROM {name}")
        if columns:
            rights.append(f"GRANT UPDATE ({', '.join(map(quote, columns))}) ON {quote(table.name)} TO {name}")
    for right in rights:
        connection.execute(text(right))


def _take_turn(connection: Connection, lock: int) -> None:
    """Wait until no other migrator works; the turn ends with the connection.

    By looking again and again: a statement that waits for the lock would keep a concurrent index build of the one who
    holds it waiting in turn.
    """
    while not connection.scalar(text("select pg_try_advisory_lock(:id)"), {"id": lock}):
        connection.commit()
        time.sleep(_LOOK_SECONDS)


def _partitions(connection: Connection) -> frozenset[str]:
    """Return the partitions, which are made at run time and so are in no migration."""
    names = connection.scalars(text("select relname from pg_class where relispartition and relkind = 'r'"))
    return frozenset(names)


def _without(partitions: frozenset[str]) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    def include(_item: SchemaItem, name: str | None, kind: str, reflected: bool, _other: SchemaItem | None) -> bool:
        return not (kind == "table" and reflected and name in partitions)

    return include
