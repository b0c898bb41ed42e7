"""Indexes that are built and dropped while others write, by migrators in processes of their own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from packages import write_package
from stack import MakeDatabase

FILES = {
    "__init__.py": "",
    "migrations/__init__.py": "",
    "migrations/env.py": """
        from runtime import migrations_env
        from sqlalchemy import Column, Index, Integer, MetaData, Table

        metadata = MetaData()
        note = Table("note", metadata, Column("id", Integer, primary_key=True), Column("size", Integer))
        Index("note_by_size", note.c.size)

        migrations_env.run(metadata)
        """,
    "migrations/versions/0001.py": """
        from alembic import op

        revision, down_revision = "0001", None

        def upgrade():
            op.execute("create table note (id serial primary key, size int)")
        """,
    "migrations/versions/0002.py": """
        from runtime.online_indexes import create_index_online

        revision, down_revision = "0002", "0001"

        def upgrade():
            create_index_online("note_by_size", "note", ["size"])
        """,
}
MIGRATE = "import sys; from runtime.migrations import run_migrations; run_migrations(*sys.argv[1:])"
PATIENCE_SECONDS = 20.0
VALID = "select indisvalid from pg_index where indexrelid = to_regclass('note_by_size')"
BUILDER = (
    "select pid from pg_stat_activity where query like 'CREATE INDEX CONCURRENTLY%' and datname = current_database()"
)


class World:
    """A database whose table exists and lacks its index, and a transaction that is older than every build of it."""

    def __init__(self, packages: Path, url: str, older: asyncpg.Connection, other: asyncpg.Connection) -> None:
        self.packages = packages
        self.url = url
        self.older = older
        self.other = other

    async def migrate(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, "online_service", self.url, env={"PYTHONPATH": str(self.packages)}
        )

    async def builder(self) -> int:
        """Wait until an index is there and being built, and return who builds it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.other.fetchval(VALID) is None or (pid := await self.other.fetchval(BUILDER)) is None:  # noqa: ASYNC110 - what is waited for happens in a server
                await asyncio.sleep(0.05)
        return int(pid)

    async def ends_of(self, *migrators: asyncio.subprocess.Process) -> list[int]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [await each.wait() for each in migrators]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packages")
    write_package(root, "online_service", FILES)
    return root


@pytest.fixture
async def world(packages: Path, databases: MakeDatabase) -> AsyncIterator[World]:
    url = await databases()
    older, other = await asyncpg.connect(url), await asyncpg.connect(url)
    await older.execute("""
        create table note (id serial primary key, size int);
        create table alembic_version (version_num varchar(32) primary key);
        insert into alembic_version values ('0001')""")
    await older.execute("begin; insert into note (size) values (1)")
    yield World(packages, url, older, other)
    await older.close()
    await other.close()


async def test_writes_go_on_while_a_build_waits_and_other_migrators_wait_for_it(world: World) -> None:
    migrators = [await world.migrate() for _ in range(3)]
    await world.builder()

    await world.other.execute("insert into note (size) values (2)", timeout=1.0)
    assert await world.other.fetchval(VALID) is False

    await world.older.execute("commit")
    assert await world.ends_of(*migrators) == [0, 0, 0]
    assert await world.other.fetchval(VALID) is True


async def test_a_build_that_was_broken_off_is_begun_anew(world: World) -> None:
    first = await world.migrate()
    await world.other.execute("select pg_terminate_backend($1)", await world.builder())
    assert await world.ends_of(first) != [0]
    await world.older.execute("commit")
    assert await world.other.fetchval(VALID) is False

    assert await world.ends_of(await world.migrate()) == [0]
    assert await world.other.fetchval(VALID) is True
