"""How many of each team are on duty: counted from the roster, and as it was told last. By the database's clock."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import territory

# No duty is longer than a day.
_COUNTED = """
    SELECT team, count(*) FILTER (WHERE begins_at <= moment) AS planned,
           count(*) FILTER (
               WHERE begins_at <= moment AND clocked_in_at IS NOT NULL AND clocked_out_at IS NULL) AS on_duty,
           min(CASE WHEN begins_at <= moment THEN ends_at ELSE begins_at END) AS until
    FROM duty, (SELECT statement_timestamp() AS moment) AS clock
    WHERE tenant = :tenant AND state = 'planned' AND ends_at > moment
      AND begins_at > moment - interval '1 day' AND begins_at <= moment + interval '1 day'
    GROUP BY team
"""
_NEWS = "(coalesce(counted.planned, 0), coalesce(counted.on_duty, 0), counted.until)"
_CHANGED = sa.text(f"""
    SELECT team FROM ({_COUNTED}) AS counted
    FULL JOIN (SELECT * FROM team_duty WHERE tenant = :tenant) AS told USING (team)
    WHERE {_NEWS} IS DISTINCT FROM (coalesce(told.planned, 0), coalesce(told.on_duty, 0), told.until)
    ORDER BY team LIMIT :size
""")
_BEGIN = sa.text("""
    INSERT INTO team_duty (tenant, team)
    SELECT :tenant, team FROM unnest(CAST(:teams AS text[])) AS given (team) ORDER BY team
    ON CONFLICT DO NOTHING
""")
_LOCK = sa.text("""
    SELECT team FROM team_duty WHERE tenant = :tenant AND team = ANY(CAST(:teams AS text[])) ORDER BY team FOR UPDATE
""")
_RENEW = sa.text(f"""
    UPDATE team_duty AS told
    SET (planned, on_duty, until) = {_NEWS}, at = statement_timestamp()
    FROM unnest(CAST(:teams AS text[])) AS given (team) LEFT JOIN ({_COUNTED}) AS counted USING (team)
    WHERE told.tenant = :tenant AND told.team = given.team
      AND {_NEWS} IS DISTINCT FROM (told.planned, told.on_duty, told.until)
    RETURNING told.*
""")


async def tenants(connection: AsyncConnection) -> Sequence[str]:
    """Return the counties that have rosters, and maybe others."""
    return list((await connection.execute(sa.select(territory.c.tenant).order_by(territory.c.tenant))).scalars())


async def changed(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[str]:
    """Return up to `size` teams of which something else was told than is so now."""
    return list((await connection.execute(_CHANGED, {"tenant": tenant, "size": size})).scalars())


async def renew(connection: AsyncConnection, tenant: str, teams: Collection[str]) -> Sequence[Row]:
    """Count again and keep it; return what is news. The teams' counts are locked until the transaction ends."""
    parameters = {"tenant": tenant, "teams": sorted(teams)}
    await connection.execute(_BEGIN, parameters)
    await connection.execute(_LOCK, parameters)  # so that the count sees what others have just committed
    return as_rows(await connection.execute(_RENEW, parameters))
