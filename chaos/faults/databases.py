"""Faults of PostgreSQL: killed, its backends ended, its tables locked, its connections used up."""

import os
import signal
from collections.abc import Mapping
from random import Random
from typing import Any

import asyncpg

from chaos.faults.base import SERVICES, Fault
from chaos.system import System

_TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'jieban%'
"""


class KillPostgres(Fault):
    """PostgreSQL's first process dies; it is started again and recovers by itself."""

    name, number, bound_seconds = "kill-postgres", 10, 5.0

    async def inject(self, system: System, random: Random) -> None:
        if (pid := system.postgres_pid) is not None:
            os.kill(pid, signal.SIGKILL)


class TerminateBackends(Fault):
    """All connections of a service are ended by the server, in the middle of whatever they do."""

    name, number, bound_seconds = "terminate-backends", 11, 5.0

    async def inject(self, system: System, random: Random) -> None:
        service = random.choice(SERVICES)
        connection = await asyncpg.connect(system.superuser_url(service))
        count = await connection.fetchval(_TERMINATE)
        await connection.close()
        self.detail = f"{count} of {service}"


class _Held(Fault):
    """Connections of ours hold something that a service needs."""

    def __init__(self) -> None:
        super().__init__()
        self._connections: list[Any] = []

    async def clear(self, system: System) -> None:
        for connection in self._connections:
            connection.terminate()

    async def _connect(self, url: str) -> Any:
        connection = await asyncpg.connect(url)
        self._connections.append(connection)
        return connection

    async def _lock(self, system: System, service: str, table: str) -> None:
        self.detail = f"{table} of {service}"
        connection = await self._connect(system.superuser_url(service))
        await connection.execute("BEGIN")
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


class LockInbox(_Held):
    """A consumer stands still, because others hold the table that it claims events in."""

    name, number, bound_seconds, seconds = "slow-consumer", 22, 8.0, 10.0

    async def inject(self, system: System, random: Random) -> None:
        await self._lock(system, random.choice(SERVICES), "inbox")


class LockTable(_Held):
    """Requests take all connections of a service's pools, because others hold the table that all of them need."""

    name, number, bound_seconds, seconds = "pool-exhausted", 23, 5.0, 12.0
    _tables: Mapping[str, str] = {"intake": "complaint", "dispatch": "dispatch_case", "ledger": "ledger_complaint"}

    async def inject(self, system: System, random: Random) -> None:
        service = random.choice(SERVICES)
        await self._lock(system, service, self._tables[service])


class UseUpConnections(_Held):
    """The server has no connection left for a service that has just lost all of its own."""

    name, number, bound_seconds, seconds = "connections-used-up", 23, 5.0, 8.0

    async def inject(self, system: System, random: Random) -> None:
        service = random.choice(SERVICES)
        superuser = await self._connect(system.superuser_url(service))
        ended = 0
        for _ in range(3):  # the pools may be quicker than we are
            ended += await superuser.fetchval(_TERMINATE)
            await self._take_all(system.databases[service])
        self.detail = f"{service}: {ended} ended, {len(self._connections) - 1} taken"

    async def _take_all(self, url: str) -> None:
        while True:
            try:
                await self._connect(url)
            except asyncpg.TooManyConnectionsError:
                return


ALL: tuple[type[Fault], ...] = (KillPostgres, TerminateBackends, LockInbox, LockTable, UseUpConnections)
