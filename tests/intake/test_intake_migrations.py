"""The schema of intake is what its migrations make."""

from runtime.database import check, run_migrations, schema_state


async def test_tables_in_code_and_migrations_are_the_same(database_url: str) -> None:
    run_migrations("intake_service", database_url)
    assert schema_state("intake_service", database_url) == ([], [])
    check("intake_service", database_url)
