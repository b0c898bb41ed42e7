"""What a killed run leaves behind: stale lock files, processes, half-made directories."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM

import asyncpg
import pytest

from jieban.embedded.datadir import DataDir
from jieban.embedded.identity import Identity
from jieban.embedded.postgres import Postgres
from jieban.embedded.server import ServerProcess
from jieban.embedded.stack import Stack

Child = subprocess.Popen[bytes]


@pytest.fixture
def directory(tmp_path: Path) -> DataDir:
    return DataDir.open(tmp_path / "接办 data")


@pytest.fixture
def server(directory: DataDir) -> ServerProcess:
    return ServerProcess(directory, "Sleeper", SIGTERM, grace_seconds=3.0)


@pytest.fixture
def sleeper(directory: DataDir) -> Iterator[Child]:
    """A process that names the data directory on its command line, as the servers do."""
    program = "import time; print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", program, str(directory.root / "kafka")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # while it is being replaced by the program, it has no command line
        yield child
        child.kill()


def _record(directory: DataDir, pid: int, started: str) -> None:
    (directory.run / "sleeper-process.json").write_text(json.dumps([pid, started]))


async def test_a_process_left_behind_is_ended(directory: DataDir, server: ServerProcess, sleeper: Child) -> None:
    identity = Identity.of(sleeper.pid)
    assert identity is not None
    _record(directory, sleeper.pid, identity.started)
    await server.end_orphan()
    assert not identity.runs()


async def test_a_later_process_with_the_same_pid_is_left_alone(
    directory: DataDir, server: ServerProcess, sleeper: Child
) -> None:
    _record(directory, sleeper.pid, "another time")
    await server.end_orphan()
    assert sleeper.poll() is None


async def test_a_process_of_something_else_is_left_alone(tmp_path: Path, server: ServerProcess, sleeper: Child) -> None:
    elsewhere = DataDir.open(tmp_path / "elsewhere")
    stranger = ServerProcess(elsewhere, "Sleeper", SIGTERM, grace_seconds=3.0)
    await stranger.end_orphan(sleeper.pid)
    assert sleeper.poll() is None


async def test_a_broken_record_is_ignored(directory: DataDir, server: ServerProcess) -> None:
    (directory.run / "sleeper-process.json").write_text("{")
    await server.end_orphan()


async def test_a_lock_file_that_names_an_unrelated_process_does_not_stop_postgresql(
    pg: Postgres, stack_directory: DataDir, database_url: str
) -> None:
    lock_file = stack_directory.root / "postgres" / "postmaster.pid"
    await pg.kill()
    _, *rest = lock_file.read_text().splitlines()
    lock_file.write_text("\n".join([str(os.getpid()), *rest]))
    await pg.start()
    connection = await asyncpg.connect(database_url)
    await connection.close()


async def test_a_creation_that_was_cut_short_starts_again(directory: DataDir) -> None:
    (directory.root / "postgres.unfinished").mkdir()
    (directory.root / "postgres.unfinished" / "PG_VERSION").write_text("18")
    server = Postgres(directory)
    try:
        await server.start()
    finally:
        await server.stop()
    assert not (directory.root / "postgres.unfinished").exists()


async def test_a_server_that_dies_while_it_is_needed_is_started_again(directory: DataDir) -> None:
    async with Stack(directory, databases=("intake",), kafka=False) as stack:
        assert stack.postgres is not None
        first = stack.postgres.pid
        assert first is not None
        os.kill(first, SIGKILL)
        async with asyncio.timeout(20):
            connection = await _connect_again(stack.environment()["JIEBAN_INTAKE_DATABASE_URL"])
        assert await connection.fetchval("SELECT current_user") == "intake"
        await connection.close()
        assert stack.postgres.pid not in {None, first}


async def test_a_server_is_started_again_once_its_directory_can_be_written_again(directory: DataDir) -> None:
    async with Stack(directory, databases=("intake",), kafka=False) as stack:
        assert stack.postgres is not None
        away = directory.run.rename(directory.root / "away")  # nothing can be noted now, as on a full disk
        for _ in range(2):
            while (pid := stack.postgres.pid) is None:  # noqa: ASYNC110 -- another process sets no event
                await asyncio.sleep(0.1)
            os.kill(pid, SIGKILL)
            await asyncio.sleep(1)
        away.rename(directory.run)
        async with asyncio.timeout(30):
            connection = await _connect_again(stack.environment()["JIEBAN_INTAKE_DATABASE_URL"])
        await connection.close()


async def _connect_again(url: str) -> asyncpg.Connection:
    while True:
        try:
            connection = await asyncpg.connect(url)
            await connection.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.1)
        else:
            return connection
