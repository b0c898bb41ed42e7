"""How long complaints were on their way while something was wrong."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

_ACCEPTED = """
    SELECT aggregateid, created_at FROM outbox
    WHERE type = 'complaint.received' AND created_at >= $1 AND created_at < $2
"""
_ASSIGNED = """
    SELECT complaint_id::text AS id, min(recorded_at) AS at FROM entry
    WHERE type = 'complaint.assigned' AND complaint_id = ANY($1::text[]::uuid[]) GROUP BY complaint_id
"""


async def longest_delay(databases: Mapping[str, str], start: datetime, end: datetime) -> float | None:
    """Return the longest way of a complaint accepted from `start` to `end`, until it stood assigned in the ledger.

    In seconds, by the database server's clock alone. None where none was accepted; what is on its way does not count.
    """
    intake, ledger = await asyncpg.connect(databases["intake"]), await asyncpg.connect(databases["ledger"])
    try:
        accepted = dict(await intake.fetch(_ACCEPTED, start, end))
        assigned = dict(await ledger.fetch(_ASSIGNED, list(accepted)))
    finally:
        await intake.close()
        await ledger.close()
    return max(((at - accepted[complaint]).total_seconds() for complaint, at in assigned.items()), default=None)
