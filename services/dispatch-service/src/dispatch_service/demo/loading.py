"""Puts the demo county into a database."""

import structlog
from sqlalchemy.dialects.postgresql import insert

from dispatch_service.demo.county import rows
from dispatch_service.persistence.patrol_tables import metadata
from runtime.database import create_engine

log = structlog.get_logger()


async def load(url: str, tenant: str) -> None:
    """Add the demo county to `tenant` in the migrated database at `url`; rows that are there already stay as they are.

    Raises what `runtime.database.is_outage` knows where the server is away.
    """
    engine = create_engine(url, pool_size=1, application_name="jieban demo")
    try:
        async with engine.begin() as connection:
            for table, values in rows(tenant):
                statement = insert(metadata.tables[table]).values(list(values)).on_conflict_do_nothing()
                await connection.execute(statement)
    finally:
        await engine.dispose()
    log.info("demo_county_loaded", tenant=tenant)
