"""Connections to PostgreSQL."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from runtime.database_urls import asyncpg_url
from runtime.migrations import SchemaState, check, run_migrations, schema_state
from runtime.outages import DatabaseUnreachable, is_outage

__all__ = [
    "DatabaseUnreachable",
    "SchemaState",
    "check",
    "create_engine",
    "is_outage",
    "reading",
    "run_migrations",
    "schema_state",
]

CONNECT_TIMEOUT_SECONDS = 5.0
COMMAND_TIMEOUT_SECONDS = 30.0
RECYCLE_SECONDS = 1800
FROZEN_CLIENT_TIMEOUT = "30s"
"""A client that stands still within a transaction loses it: what it holds locked, others wait for."""
NOTHING_SET: Mapping[str, str] = MappingProxyType({})
_PING_AFTER_IDLE_SECONDS = 5.0
PLANNED_ANEW = {"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off", "max_parallel_workers_per_gather": "0"}
"""`session` of lists: which index serves a filter depends on its values, and some index always does."""
_STEADY_PLANS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


def create_engine(
    url: str,
    *,
    pool_size: int = 10,
    pool_timeout: float = 5.0,
    application_name: str,
    steady_plans: bool = False,
    session: Mapping[str, str] = NOTHING_SET,
) -> AsyncEngine:
    """Return an engine whose pool survives a restart of the server and never waits without a limit.

    At most `pool_size` connections; waiting longer than `pool_timeout` seconds for one is an outage (`is_outage`).
    Values of statements are kept out of errors and logs. `steady_plans` is for a few hot statements that find rows by
    an index whatever their values: each is planned once, and never as the small table of its first minute suggests.
    `session` has settings of PostgreSQL for each connection.
    """
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": COMMAND_TIMEOUT_SECONDS,
            "server_settings": {
                "application_name": application_name,
                "timezone": "UTC",
                "jit": "off",
                "idle_in_transaction_session_timeout": FROZEN_CLIENT_TIMEOUT,
                **(_STEADY_PLANS if steady_plans else {}),
                **session,
            },
        },
    )
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine.pool, "checkout", _refuse_dead_connection)
    event.listen(engine.sync_engine.pool, "checkin", _note_return)
    return engine


def reading(engine: AsyncEngine) -> AsyncEngine:
    """Return an engine on the same pool for statements that only read: each is seen as of its own moment.

    Each is one round trip; in a transaction, beginning and ending it would be two more.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _connect(dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]) -> DBAPIConnection:
    """Open a connection; a missing socket file or host name is told apart from other errors of the file system."""
    try:
        return dialect.connect(*arguments, **options)
    except OSError as error:
        raise DatabaseUnreachable(str(error)) from error


def _note_return(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()


def _refuse_dead_connection(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Make the pool reconnect where the server has gone away.

    This is `pool_pre_ping` without its three round trips on a busy pool: a close is seen at once by the driver, and
    only a connection that was idle for a while is asked.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get("returned_at", time.monotonic()) < _PING_AFTER_IDLE_SECONDS:
        return
    try:
        connection.ping()
    except Exception as error:
        if is_outage(error):
            raise DisconnectionError from error
        raise
