"""Reads what a wall screen shows beside figures: the newest entries, who is on duty, and hot spots."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement
from ledger_service.domain.overview import TeamOnDuty
from ledger_service.persistence.stories import Row

_DUTY = Statement("""
    SELECT team_duty.team, name, directory.community, planned, on_duty, at, until
    FROM team_duty LEFT JOIN directory
        ON directory.tenant = team_duty.tenant AND kind = 'team' AND code = team_duty.team
    WHERE team_duty.tenant = :tenant AND removed IS NOT TRUE ORDER BY team_duty.team
""")
_LATEST = Statement("""
    SELECT position, complaint_id, number, type, entry.occurred_at AS at, status_after AS to_status, category,
           complaint.source, community, grid, team
    FROM (
        SELECT tenant, position, complaint_id, type, occurred_at, status_after FROM entry
        WHERE tenant = :tenant AND complaint_id IS NOT NULL ORDER BY position DESC LIMIT CAST(:size AS int)
    ) AS entry
    JOIN ledger_complaint AS complaint USING (tenant, complaint_id) ORDER BY position DESC
""")
_HOTTEST = Statement("""
    SELECT id, category, community, grid, lon, lat, radius_metres, count, expected, score, trend FROM hotspot
    WHERE tenant = :tenant AND state = 'live' ORDER BY score DESC, id LIMIT CAST(:size AS int)
""")


async def duty(connection: AsyncConnection, tenant: str) -> list[TeamOnDuty]:
    """Return who is on duty, by team; teams that are not there any more are left out."""
    return [TeamOnDuty(*row) for row in await _DUTY.fetch(connection, {"tenant": tenant})]


async def latest(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[Row]:
    """Return the newest `size` entries about complaints, the newest first, each with what its complaint is about."""
    return await _LATEST.fetch(connection, {"tenant": tenant, "size": size})


async def hottest(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[Row]:
    """Return the `size` live hot spots that are the least probable by chance, these first."""
    return await _HOTTEST.fetch(connection, {"tenant": tenant, "size": size})
