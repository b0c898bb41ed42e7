"""Where officers are and were."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.roster_tables import position
from dispatch_service.persistence.rows import Row, as_rows

_SIZE = 5_000
_LATEST = sa.text("""
    SELECT member.subject, latest.* FROM (
        SELECT DISTINCT subject FROM team_member WHERE tenant = :tenant
            AND (CAST(:team AS text) IS NULL OR team = :team)) AS member
    CROSS JOIN LATERAL (
        SELECT at, lon, lat, accuracy_metres FROM position
        WHERE tenant = :tenant AND subject = member.subject AND at >= :since ORDER BY at DESC LIMIT 1) AS latest
    ORDER BY member.subject LIMIT :size
""")
_SHAPES = sa.text("""
    SELECT CAST(geometry AS text) AS geometry FROM grid
    WHERE tenant = :tenant AND in_force AND (CAST(:team AS text) IS NULL OR team = :team) ORDER BY code
""")
_POST = sa.text("SELECT lon, lat FROM post WHERE tenant = :tenant AND code = :code")
_OLD = sa.text(f"""
    DELETE FROM position WHERE (tenant, subject, at) IN (
        SELECT tenant, subject, at FROM position WHERE at < :before ORDER BY at LIMIT {_SIZE})
""")


class Fix(NamedTuple):
    """Where an officer was; WGS84 degrees."""

    at: datetime
    lon: float
    lat: float
    accuracy_metres: float | None


async def add(connection: AsyncConnection, tenant: str, subject: str, fixes: Sequence[Fix]) -> int:
    """Keep positions; of two for one moment the first stays. Return how many are new."""
    rows = [{"tenant": tenant, "subject": subject, **fix._asdict()} for fix in fixes]
    statement = insert(position).values(rows).on_conflict_do_nothing().returning(position.c.at)
    return len((await connection.execute(statement)).all())


async def latest(
    connection: AsyncConnection, tenant: str, *, team: str | None, since: datetime, size: int
) -> Sequence[Row]:
    """Return the last known position, not older than `since`, of up to `size` members of teams."""
    parameters = {"tenant": tenant, "team": team, "since": since, "size": size}
    return as_rows(await connection.execute(_LATEST, parameters))


async def track(
    connection: AsyncConnection, tenant: str, subject: str, begin: datetime, end: datetime, *, most: int
) -> Sequence[Row]:
    """Return up to `most` positions of an officer from `begin` until before `end`, in order."""
    columns = position.c
    conditions = (columns.tenant == tenant, columns.subject == subject, columns.at >= begin, columns.at < end)
    statement = sa.select(position).where(*conditions).order_by(columns.at).limit(most)
    return as_rows(await connection.execute(statement))


async def shapes(connection: AsyncConnection, tenant: str, team: str | None = None) -> Sequence[str]:
    """Return the shapes of all grids in force, or of a team's, as GeoJSON."""
    return (await connection.execute(_SHAPES, {"tenant": tenant, "team": team})).scalars().all()


async def post(connection: AsyncConnection, tenant: str, code: str) -> tuple[float, float] | None:
    """Return where a post is, in WGS84 degrees; None where there is none."""
    row = (await connection.execute(_POST, {"tenant": tenant, "code": code})).one_or_none()
    return None if row is None else (row.lon, row.lat)


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove some of the positions that are older than `before`, of all tenants."""
    await connection.execute(_OLD, {"before": before})
