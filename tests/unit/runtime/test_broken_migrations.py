"""Migrations of the services that were broken off: each ends when it is run again, whatever it had done before."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from runtime.database import check, run_migrations
from stack import MakeDatabase

# What is built or checked online commits what was done before it; the rest is committed with the new revision.
_BREAKS = """
    CREATE SCHEMA breaking;
    CREATE TABLE breaking.passed (statement text PRIMARY KEY);
    CREATE FUNCTION breaking.online() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_query() ~ 'CREATE .*CONCURRENTLY|VALIDATE' AND current_query() NOT IN (TABLE breaking.passed) THEN
            RAISE EXCEPTION USING MESSAGE = 'broken off', DETAIL = current_query();
        END IF;
    END $$;
    CREATE FUNCTION breaking.revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.version_num NOT IN (TABLE breaking.passed) THEN
            RAISE EXCEPTION USING MESSAGE = 'broken off', DETAIL = NEW.version_num;
        END IF;
        DELETE FROM breaking.passed;
        RETURN NEW;
    END $$;
    CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
    CREATE TRIGGER break_revision BEFORE INSERT OR UPDATE ON alembic_version
        FOR EACH ROW EXECUTE FUNCTION breaking.revision();
    CREATE EVENT TRIGGER break_online ON ddl_command_start EXECUTE FUNCTION breaking.online();
"""
_MANY = 20


@pytest.mark.parametrize("service", ["intake", "dispatch", "ledger"])
async def test_every_migration_that_was_broken_off_is_run_again(databases: MakeDatabase, service: str) -> None:
    package, url = f"{service}_service", await databases()
    broken = 0
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_BREAKS)
        while where := _broken_off(package, url):
            broken += 1
            await connection.execute("INSERT INTO breaking.passed VALUES ($1)", where)
        await connection.execute("DROP EVENT TRIGGER break_online; DROP SCHEMA breaking CASCADE")
    finally:
        await connection.close()
    assert broken > _MANY
    check(package, url)


def _broken_off(package: str, url: str) -> str | None:
    """Migrate, and return where that was broken off."""
    try:
        run_migrations(package, url)
    except DBAPIError as error:
        refusal = error.orig and error.orig.__cause__
        if not isinstance(refusal, asyncpg.RaiseError):
            raise
        return str(refusal.detail)
    return None
