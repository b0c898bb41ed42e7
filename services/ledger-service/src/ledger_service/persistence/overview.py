"""Reads what a wall screen shows: today's entries, the newest ones, and who is on duty.

No statement reads more than today's entries, found by the BRIN index on their times, and a fixed number of the newest.
"""

import json
from collections.abc import Sequence
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Satisfaction
from ledger_service.domain.overview import MEASURED, WORDS, Day, Happened, TeamOnDuty, Word
from ledger_service.persistence.stories import Row

_TODAY = """
    FROM entry JOIN ledger_complaint AS complaint USING (tenant, complaint_id)
    WHERE tenant = :tenant AND entry.occurred_at >= :begins AND entry.occurred_at < :ends
      AND type = ANY(CAST(:types AS text[]))
"""
_HAPPENED = sa.text(f"""
    SELECT community, CAST(floor(extract(epoch FROM entry.occurred_at - :begins) / 3600) AS int) AS hour, type,
           count(*) AS times
    {_TODAY} GROUP BY community, hour, type
""")
_WORDS = sa.text(f"""
    SELECT complaint_id, community, data {_TODAY} ORDER BY position
""")
_DUTY = sa.text("""
    SELECT team_duty.team, name, directory.community, planned, on_duty, at, until
    FROM team_duty LEFT JOIN directory
        ON directory.tenant = team_duty.tenant AND kind = 'team' AND code = team_duty.team
    WHERE team_duty.tenant = :tenant AND removed IS NOT TRUE ORDER BY team_duty.team
""")
_LATEST = sa.text("""
    SELECT position, complaint_id, number, type, entry.occurred_at AS at, status_after AS to_status, category,
           complaint.source, community, grid, team
    FROM (SELECT * FROM entry WHERE tenant = :tenant AND complaint_id IS NOT NULL ORDER BY position DESC LIMIT :size)
        AS entry
    JOIN ledger_complaint AS complaint USING (tenant, complaint_id) ORDER BY position DESC
""")
_SAYABLE = frozenset(get_args(Satisfaction))


async def happened(connection: AsyncConnection, tenant: str, day: Day) -> list[Happened]:
    """Return how often what happened on a day, by hour and by the community that the complaint is in now."""
    parameters = {**_times(tenant, day), "types": list(MEASURED)}
    rows = await connection.execute(_HAPPENED, parameters)
    return [Happened(row.community, row.hour, MEASURED[row.type], row.times) for row in rows]


async def words(connection: AsyncConnection, tenant: str, day: Day) -> list[Word]:
    """Return the last word on a day of each reporter who has said whether they are satisfied."""
    last: dict[Any, Word] = {}
    for row in await connection.execute(_WORDS, {**_times(tenant, day), "types": list(WORDS)}):
        satisfaction = json.loads(row.data).get("satisfaction")
        if satisfaction in _SAYABLE:
            last[row.complaint_id] = Word(row.community, satisfaction)
    return [*last.values()]


async def duty(connection: AsyncConnection, tenant: str) -> list[TeamOnDuty]:
    """Return who is on duty, by team; teams that are not there any more are left out."""
    return [TeamOnDuty(*row) for row in await connection.execute(_DUTY, {"tenant": tenant})]


async def latest(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[Row]:
    """Return the newest `size` entries about complaints, the newest first, each with what its complaint is about."""
    rows = await connection.execute(_LATEST, {"tenant": tenant, "size": size})
    return [dict(row) for row in rows.mappings()]


def _times(tenant: str, day: Day) -> dict[str, Any]:
    return {"tenant": tenant, "begins": day.begins, "ends": day.ends}
