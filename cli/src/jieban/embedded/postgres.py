"""PostgreSQL 18 as a child process.

It listens on a loopback port only, asks everyone for a password, and syncs every commit to disk.
"""

import asyncio
import os
import signal
from urllib.parse import quote

import asyncpg

from jieban.embedded.cluster import SUPERUSER, Cluster
from jieban.embedded.datadir import DataDir
from jieban.embedded.ports import LOOPBACK, choose_port, given_back
from jieban.embedded.server import ServerExitedError, ServerProcess
from runtime.migrations import working_rights

_LEAST_BUFFERS_MB, _MOST_BUFFERS_MB = 96, 1024
_MEGABYTE = 1 << 20


def _memory_settings() -> dict[str, str]:
    """Say how much of the tables the server holds at the most, and how much of them its planner may reckon to find.

    An eighth of the machine's memory, which it takes page by page as tables are read: a small county never has it all.
    With what the system holds of its files it is a quarter: Kafka and the services need theirs as well.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _MEGABYTE
    buffers = min(max(memory // 8, _LEAST_BUFFERS_MB), _MOST_BUFFERS_MB)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(memory // 4, buffers)}MB"}


_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    **_memory_settings(),
    "maintenance_work_mem": "32MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    # errors without the values of rows, and without the statements that had them
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
_READY_SECONDS = 180.0
"""Long, because the recovery of a busy server after a crash reads all its recent log."""
_ATTEMPTS = 8
_PAUSE_SECONDS = 0.5
_PORT_TAKEN = "could not create any TCP/IP sockets"
_PREDECESSOR = ("shared memory block", "lock file")


class Postgres:
    """The PostgreSQL server of one data directory; hold its lock while using it."""

    name = "PostgreSQL"

    def __init__(self, directory: DataDir) -> None:
        self._directory = directory
        self._process = ServerProcess(directory, self.name, signal.SIGINT, grace_seconds=4.0)
        self._port = choose_port(directory.preferred_port("postgresql"))

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """Return the address of a database, with the password of that user in it."""
        password = quote(self.password(user))
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self._port}/{quote(database)}"

    def password(self, user: str) -> str:
        """Return the password kept for a user of this server."""
        return self._directory.secret(f"postgres-password-{user}")

    async def start(self) -> None:
        """Start the server, on the first start after making its cluster, and return when it takes connections.

        Recovers what a crash left. Raises `UserError` when the server cannot run.
        """
        cluster = Cluster.of(self._directory)
        await cluster.ensure(self.password(SUPERUSER), self._process.log)
        await self._process.end_orphan(cluster.recorded_postmaster())
        self._port = given_back(self._directory.preferred_port("postgresql"), self._port)
        cluster.remove_stale_lock()
        for _ in range(_ATTEMPTS):
            try:
                await self._attempt(cluster)
            except ServerExitedError as error:
                if not await self._make_way():
                    raise self._process.log.failure("PostgreSQL did not start") from error
            else:
                return
        raise self._process.log.failure("PostgreSQL did not start")

    async def stop(self) -> None:
        """Close all connections, write a checkpoint and end, within seconds."""
        await self._process.stop()

    async def kill(self) -> None:
        """End the server as a crash would; `start` brings it back with every committed row."""
        await self._process.kill()

    async def restart(self) -> None:
        """Stop and start on the same address."""
        await self.stop()
        await self.start()

    async def create_database(self, name: str, owner: str = SUPERUSER, *, login: str | None = None) -> None:
        """Create the database, and the login role that owns it, where they do not exist yet.

        Only the owner and the superuser may connect to it, until a migration lets `login` work on the owner's tables.
        A database of an earlier version, which `login` owned, is the owner's then. All names must be plain identifiers.
        """
        connection = await asyncpg.connect(self.url(SUPERUSER))
        try:
            for role in filter(None, (owner, login)):
                if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{self.password(role)}'")
            holder = await connection.fetchval(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", name
            )
            if holder is None:
                await connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
                await connection.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
        finally:
            await connection.close()
        if login is not None and holder == login:
            await self._hand_over(name, login, owner)

    async def _hand_over(self, database: str, login: str, owner: str) -> None:
        """Make `owner` own what `login` does, the database too; `login` goes on working on it."""
        connection = await asyncpg.connect(self.url(database))
        try:
            async with connection.transaction():
                await connection.execute(f'REASSIGN OWNED BY "{login}" TO "{owner}"')
                for right in working_rights(f'"{login}"', f'"{database}"'):
                    await connection.execute(right)
        finally:
            await connection.close()

    async def drop_database(self, name: str) -> None:
        """Drop the database with the connections to it; nothing happens where it does not exist."""
        connection = await asyncpg.connect(self.url(SUPERUSER))
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _attempt(self, cluster: Cluster) -> None:
        settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"port": str(self._port)}).items()]
        self._process.launch(cluster.plan("postgres", "-D", str(cluster.path), *settings))
        await self._process.until_ready(self._answers, _READY_SECONDS)
        self._directory.remember_port("postgresql", self._port)

    async def _make_way(self) -> bool:
        """Tell whether another attempt may succeed: on another port, or once a predecessor's last children ended."""
        words = self._process.log.last_words()
        if _PORT_TAKEN in words:
            self._port = choose_port(avoid=frozenset({self._port}))
            return True
        await asyncio.sleep(_PAUSE_SECONDS)
        return any(sign in words for sign in _PREDECESSOR)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url(SUPERUSER), timeout=2)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True
