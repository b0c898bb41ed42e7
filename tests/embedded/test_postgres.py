import asyncio
import socket
from pathlib import Path

import asyncpg
import pytest

from jieban.embedded.datadir import DataDir
from jieban.embedded.ports import LOOPBACK
from jieban.embedded.postgres import Postgres
from stack import MakeDatabase


async def test_every_commit_is_synced_and_texts_sort_the_same_everywhere(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    settings = [
        await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "server_encoding")
    ]
    provider = await connection.fetchval(
        "SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()
    assert settings == ["on", "on", "UTF8"]
    assert provider == "b"  # built in


async def test_the_planner_reckons_with_all_that_the_server_may_hold_itself(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    held, reckoned = [
        await connection.fetchval("SELECT setting::bigint FROM pg_settings WHERE name = $1", name)
        for name in ("shared_buffers", "effective_cache_size")
    ]
    await connection.close()
    assert reckoned >= held


async def test_a_wrong_password_and_no_password_are_refused(pg: Postgres, database_url: str) -> None:
    right = pg.password("postgres")
    for wrong in (database_url.replace(right, "wrong"), database_url.replace(f":{right}", "")):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)


async def test_a_service_cannot_open_another_services_database(pg: Postgres, databases: MakeDatabase) -> None:
    other = (await databases()).rpartition("/")[2]
    await pg.create_database("own_of_clerk", owner="clerk")
    connection = await asyncpg.connect(pg.url("own_of_clerk", user="clerk"))
    await connection.execute("CREATE TABLE note (id int)")
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(pg.url(other, user="clerk"))
    await pg.drop_database("own_of_clerk")


async def test_a_restart_keeps_the_address_and_the_rows(pg: Postgres, database_url: str) -> None:
    await _execute(database_url, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
    address = pg.url("postgres")
    await pg.restart()
    assert pg.url("postgres") == address
    assert await _count(database_url, "kept") == 1


async def test_a_kill_loses_no_committed_row(pg: Postgres, database_url: str) -> None:
    await _execute(database_url, "CREATE TABLE killed (id int); INSERT INTO killed SELECT generate_series(1, 5000)")
    await pg.kill()
    with pytest.raises(OSError):
        await asyncpg.connect(database_url)
    await pg.start()
    assert await _count(database_url, "killed") == 5000


async def test_creating_a_database_again_changes_nothing(pg: Postgres, database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    await _execute(database_url, "CREATE TABLE stays (id int)")
    await asyncio.gather(pg.create_database(name), pg.create_database(name))
    assert await _count(database_url, "stays") == 0


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _count(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def test_a_port_is_taken_again_that_what_was_left_behind_still_had(tmp_path: Path) -> None:
    directory = DataDir.open(tmp_path)
    first = Postgres(directory)
    await first.start()
    address = first.url("postgres")
    await first.stop()
    with socket.create_server((LOOPBACK, int(address.rpartition(":")[2].partition("/")[0]))):
        again = Postgres(directory)
    assert again.url("postgres") != address
    await again.start()
    await again.stop()
    assert again.url("postgres") == address
