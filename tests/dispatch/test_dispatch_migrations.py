from runtime.database import check, pending_migrations, run_migrations
from stack import MakeDatabase

PACKAGE = "dispatch_service"


async def test_tables_in_code_and_migrations_agree(databases: MakeDatabase) -> None:
    url = await databases()
    assert len(pending_migrations(PACKAGE, url)) == 5

    run_migrations(PACKAGE, url)

    assert pending_migrations(PACKAGE, url) == []
    check(PACKAGE, url)
