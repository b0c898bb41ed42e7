"""What the database itself guarantees."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.driver import copy
from histories import History
from ledger.conftest import Enter
from ledger_service.persistence.complaints import lock_many
from runtime.database import check, is_outage, run_migrations, schema_state
from runtime.ids import uuid7

_TWIN = sa.text("""
    INSERT INTO entry (tenant, event_id, complaint_id, type, source, sequence, status_after, occurred_at, data)
    SELECT tenant, :event_id, complaint_id, type, source, sequence, status_after, occurred_at, data
    FROM entry WHERE complaint_id = :id
""")


async def test_tables_in_code_and_migrations_are_the_same(database_url: str) -> None:
    run_migrations("ledger_service", database_url)
    assert schema_state("ledger_service", database_url) == ([], [])
    check("ledger_service", database_url)


@pytest.mark.parametrize("change", ["UPDATE entry SET actor = 'x'", "DELETE FROM entry", "TRUNCATE entry"])
async def test_entries_cannot_be_changed(engine: AsyncEngine, enter: Enter, change: str) -> None:
    history = History()
    history.received()
    await enter(history)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(sa.text(change))


async def test_one_sequence_number_is_entered_once(engine: AsyncEngine, enter: Enter) -> None:
    history = History()
    history.received()
    await enter(history)
    with pytest.raises(DBAPIError, match="entry_once"):
        async with engine.begin() as connection:
            await connection.execute(_TWIN, {"id": history.id, "event_id": uuid7()})


async def test_copy_does_not_commit_on_its_own(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(sa.text("CREATE TABLE copied (tenant text)"))
        await connection.commit()
        await copy(connection, "copied", ["tenant"], [("522723",)])
        assert await connection.scalar(sa.text("SELECT count(*) FROM copied")) == 1
        await connection.rollback()
        assert await connection.scalar(sa.text("SELECT count(*) FROM copied")) == 0


async def copy_on_a_killed_connection(engine: AsyncEngine, history: History) -> None:
    async with engine.begin() as connection:
        await lock_many(connection, [history.tenant], [history.id])
        backend = (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar()
        async with engine.begin() as other:
            await other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
        await copy(connection, "entry", ["tenant"], [(history.tenant,)])


async def test_a_connection_that_dies_before_a_copy_is_an_outage(engine: AsyncEngine, enter: Enter) -> None:
    history = History()
    history.received()
    with pytest.raises(Exception, match="connect") as lost:
        await copy_on_a_killed_connection(engine, history)
    assert is_outage(lost.value)
    await enter(history)
