"""How often the roster of a team was changed, so that whoever plans can say which one they saw."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.roster_tables import roster


async def of(connection: AsyncConnection, tenant: str, team: str) -> int:
    """Return the version of a team's roster; 0 where nobody has planned it."""
    statement = sa.select(roster.c.version).where(roster.c.tenant == tenant, roster.c.team == team)
    return int((await connection.execute(statement)).scalar() or 0)


async def count(connection: AsyncConnection, tenant: str, team: str) -> int:
    """Count a change of a team's roster; return its version then."""
    first = insert(roster).values(tenant=tenant, team=team, version=1)
    statement = first.on_conflict_do_update(
        index_elements=[roster.c.tenant, roster.c.team], set_={"version": roster.c.version + 1}
    )
    return int((await connection.execute(statement.returning(roster.c.version))).scalar_one())
