from pathlib import Path

import asyncpg

from dispatch_service import migrations
from runtime.database import check, pending_migrations, run_migrations
from stack import MakeDatabase

PACKAGE = "dispatch_service"
WRITTEN = sorted(file.name[:4] for file in Path(migrations.__path__[0], "versions").glob("[0-9]*.py"))


async def test_tables_in_code_and_migrations_agree(databases: MakeDatabase) -> None:
    url = await databases()
    assert sorted(pending_migrations(PACKAGE, url)) == WRITTEN

    run_migrations(PACKAGE, url)

    assert pending_migrations(PACKAGE, url) == []
    check(PACKAGE, url)


async def test_a_migration_whose_index_was_not_finished_is_run_again(databases: MakeDatabase) -> None:
    """Columns are committed before an index is built online, which may end halfway."""
    url = await databases()
    run_migrations(PACKAGE, url)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("DROP INDEX dispatch_case_next_timer")
    await connection.execute("UPDATE alembic_version SET version_num = '0032'")
    await connection.close()

    run_migrations(PACKAGE, url)

    check(PACKAGE, url)
