from pathlib import Path

from dispatch_service import migrations
from runtime.database import check, run_migrations, schema_state
from stack import MakeDatabase

PACKAGE = "dispatch_service"
WRITTEN = sorted(file.name[:4] for file in Path(migrations.__path__[0], "versions").glob("[0-9]*.py"))


async def test_tables_in_code_and_migrations_agree(databases: MakeDatabase) -> None:
    url = await databases()
    assert sorted(schema_state(PACKAGE, url).pending) == WRITTEN

    run_migrations(PACKAGE, url)

    assert schema_state(PACKAGE, url) == ([], [])
    check(PACKAGE, url)
