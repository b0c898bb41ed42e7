"""The details of the figures: what changed in the counts of a day, with all dimensions, by the day of recording.

Codes are bytes, for most lines have two to five and there are some lines for each complaint.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.persistence.statistics_making import take_turn

MOST_LAG = 17
"""Of `lag`: 2 ** 16 days are 179 years."""
_KEY = "tenant, period, recorded, officer, category, source, handling_mode, exclusions"
_LAG = f"""
    CASE WHEN recorded <= period THEN 0
         ELSE least({MOST_LAG}, 1 + CAST(ceil(ln(recorded - period) / ln(2)) AS int)) END
"""
_CODES = """
    string_agg(CASE WHEN abs(n) = 1 THEN set_byte('\\x00', 0, counter)
                    ELSE decode(repeat(lpad(to_hex(counter), 2, '0'), CAST(abs(n) AS int)), 'hex') END, '')
"""


def insert_details(counted: str, *, is_loose: str) -> str:
    """Return the statement that writes `counted`: a query of _KEY, counter and n.

    `is_loose` is a condition on its rows.
    """
    return f"""
        INSERT INTO statistics_detail ({_KEY}, lag, n, is_loose, codes)
        SELECT {_KEY}, {_LAG}, sign(n), {is_loose}, {_CODES}
        FROM ({counted}) AS counted WHERE n <> 0 GROUP BY {_KEY}, sign(n)
    """


_COUNTED = f"SELECT {_KEY}, counter, sum(n) AS n FROM spread GROUP BY {_KEY}, counter"
_PACK = sa.text(f"""
    WITH gone AS (
        DELETE FROM statistics_detail
        WHERE is_loose AND recorded = (
            SELECT min(recorded) FROM statistics_detail
            WHERE is_loose AND recorded < CAST(now() AT TIME ZONE :zone AS date))
        RETURNING *
    ), spread AS (
        SELECT {_KEY}, get_byte(codes, place) AS counter, n
        FROM gone CROSS JOIN LATERAL generate_series(0, length(codes) - 1) AS place
    ), packed AS ({insert_details(_COUNTED, is_loose="false")})
    SELECT count(*) FROM gone
""")


async def pack(connection: AsyncConnection, *, zone: str) -> int:
    """Put together what was recorded on the oldest day that is over; return of how many lines, 0 where none was left.

    What was taken back on the same day cancels out. Returns 0 as well where another replica writes.
    """
    if not await take_turn(connection):
        return 0
    return int(await connection.scalar(_PACK, {"zone": zone}) or 0)
