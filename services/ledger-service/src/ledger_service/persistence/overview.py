"""Reads what a wall screen shows: today's entries, the newest ones, who is on duty, and hot spots.

No statement reads more than today's entries, found by the BRIN index on their times, and their complaints, or a fixed
number of the newest.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events import Satisfaction
from eventbus.driver import Statement
from ledger_service.domain.overview import MEASURED, WORDS, Count, Day, Happened, TeamOnDuty, Word
from ledger_service.persistence.stories import Row

_SAYABLE = frozenset(get_args(Satisfaction))
# An array of ids is looked up in the order of the index: a page of it is read once for all ids on it.
_TODAY = Statement("""
    WITH today AS MATERIALIZED (
        SELECT complaint_id, position, type, occurred_at,
               CASE WHEN type = ANY(CAST(:words AS text[])) AND data IS JSON OBJECT
                    THEN CAST(data AS json) ->> 'satisfaction' END AS word
        FROM entry
        WHERE tenant = :tenant AND occurred_at >= CAST(:begins AS timestamptz)
          AND occurred_at < CAST(:ends AS timestamptz)
          AND type = ANY(CAST(:measured AS text[]) || CAST(:words AS text[]))
    ), concerned AS MATERIALIZED (
        SELECT complaint_id, community FROM ledger_complaint
        WHERE tenant = :tenant AND complaint_id = ANY(ARRAY(SELECT complaint_id FROM today))
    ), last_words AS (
        SELECT DISTINCT ON (complaint_id) complaint_id, word FROM today
        WHERE word = ANY(CAST(:sayable AS text[])) ORDER BY complaint_id, position DESC
    )
    SELECT community, type AS what, date_bin('1 hour', occurred_at, CAST(:begins AS timestamptz)) AS hour,
           count(*) AS times
    FROM today JOIN concerned USING (complaint_id) WHERE type = ANY(CAST(:measured AS text[]))
    GROUP BY community, type, hour
    UNION ALL
    SELECT community, word, NULL, count(*) FROM last_words JOIN concerned USING (complaint_id) GROUP BY community, word
""")
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
_HOUR = timedelta(hours=1)


async def today(connection: AsyncConnection, tenant: str, day: Day) -> list[Count]:
    """Return what happened on a day, by hour, and the last word of each reporter who said whether they are satisfied.

    Both by the community that the complaint is in now.
    """
    parameters = {
        "tenant": tenant,
        "begins": day.begins,
        "ends": day.ends,
        "measured": list(MEASURED),
        "words": list(WORDS),
        "sayable": list(_SAYABLE),
    }
    counts: list[Count] = []
    for community, what, hour, times in await _TODAY.fetch(connection, parameters):
        if hour is None:
            counts.append(Word(community, cast(Satisfaction, what), times))
        else:
            counts.append(Happened(community, (hour - day.begins) // _HOUR, MEASURED[what], times))
    return counts


async def duty(connection: AsyncConnection, tenant: str) -> list[TeamOnDuty]:
    """Return who is on duty, by team; teams that are not there any more are left out."""
    return [TeamOnDuty(*row) for row in await _DUTY.fetch(connection, {"tenant": tenant})]


async def latest(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[Row]:
    """Return the newest `size` entries about complaints, the newest first, each with what its complaint is about."""
    return await _LATEST.fetch(connection, {"tenant": tenant, "size": size})


async def hottest(connection: AsyncConnection, tenant: str, *, size: int) -> Sequence[Row]:
    """Return the `size` live hot spots that are the least probable by chance, these first."""
    return await _HOTTEST.fetch(connection, {"tenant": tenant, "size": size})
