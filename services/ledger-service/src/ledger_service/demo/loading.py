"""Records the demo county's year in a ledger."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from ledger_service.demo.year import year
from ledger_service.domain.activity import Act
from ledger_service.persistence import activities
from ledger_service.service.activities import record
from runtime import clock
from runtime.database import create_engine

log = structlog.get_logger()
_ACTOR = "officer-demo"
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtext('jieban demo activities'))")


async def load(url: str, tenant: str, timezone: str) -> None:
    """Record the year for `tenant` in the migrated database at `url`, once: where it is, nothing happens.

    Raises what `runtime.database.is_outage` knows where the server is away.
    """
    zone = ZoneInfo(timezone)
    made = list(year(tenant, zone))
    engine = create_engine(url, pool_size=1, application_name="jieban demo")
    try:
        async with engine.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME)
            if await activities.find(connection, tenant, made[0][0]) is None:
                act = Act(tenant=tenant, actor=_ACTOR, at=clock.now(), zone=zone)
                await record(connection, act, made, generated=True)
    finally:
        await engine.dispose()
    log.info("demo_activities_loaded", tenant=tenant, activities=len(made))
