"""Reads how common lexemes are, of what PostgreSQL has gathered for its planner."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.lexeme_shares import Shares

# Behind the shares of the lexemes are the least and the greatest of them, which have no lexeme.
_READ = sa.text("""
    SELECT lexeme, share, greatest(reltuples, 0) AS texts
    FROM pg_class JOIN pg_stats ON schemaname = current_schema() AND tablename = relname AND attname = 'words'
    CROSS JOIN unnest(CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs) AS known (lexeme, share)
    WHERE pg_class.oid = CAST('complaint_text' AS regclass) AND lexeme IS NOT NULL AND share > 0
""")


async def read(connection: AsyncConnection) -> Shares | None:
    """Return how common lexemes are; None where the database has not looked yet."""
    rows = (await connection.execute(_READ)).all()
    known = {row.lexeme: row.share for row in rows}
    return Shares(known, min(known.values()), rows[0].texts) if rows else None
