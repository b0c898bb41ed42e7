"""Puts the demo county into a database."""

from collections.abc import Sequence

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.demo.county import rows
from dispatch_service.persistence import county
from dispatch_service.persistence.patrol_tables import metadata
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.service.directory import SORTS, TEAM, Occasion, announce
from runtime.clock import now
from runtime.database import create_engine

log = structlog.get_logger()


async def load(url: str, tenant: str) -> None:
    """Add the demo county to `tenant` in the migrated database at `url`; rows that are there already stay as they are.

    What is new is published. Raises what `runtime.database.is_outage` knows where the server is away.
    """
    engine = create_engine(url, pool_size=1, application_name="jieban demo")
    try:
        async with engine.begin() as connection:
            await county.lock(connection, tenant)
            new = {table: await _add(connection, table, values) for table, values in rows(tenant)}
            for sort in (each for each in SORTS if each.table.name in new):
                added = new[sort.table.name]
                told = await county.with_members(connection, tenant, added) if sort is TEAM else added
                await announce(connection, Occasion(tenant, now()), sort, told)
    finally:
        await engine.dispose()
    log.info("demo_county_loaded", tenant=tenant)


async def _add(connection: AsyncConnection, table: str, values: Sequence[Row]) -> Sequence[Row]:
    """Insert rows, and return those that are new."""
    target = metadata.tables[table]
    statement = insert(target).values(list(values)).on_conflict_do_nothing().returning(target)
    return as_rows(await connection.execute(statement))
