"""Wrong query codes, counted in the database: all replicas know of them, and a restart forgets none.

Codes are counted by the number of the complaint and by the address that they come from, of which only a hash is kept.
A right code is never counted, so reporters are not held up by each other.
"""

from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from runtime.problems import Problem, register_texts

register_texts(
    {
        "too-many-tries": (
            "尝试次数过多",
            "Too many tries",
            "查询码错误次数过多，请在 {seconds} 秒后重试。",
            "Too many wrong codes: try again in {seconds} seconds.",
        ),
    }
)

_SPAN = "CASE kind WHEN 'number' THEN interval '15 minutes' ELSE interval '1 minute' END"
_MOST = "CASE kind WHEN 'number' THEN 10 ELSE 100 END"
_GIVEN = "(VALUES ('address', CAST(:address AS text)), ('number', CAST(:number AS text))) AS given (kind, key)"
_WAIT = sa.text(f"""
    SELECT coalesce(max(ceil(extract(epoch FROM since + {_SPAN} - statement_timestamp()))), 0)
    FROM wrong_code JOIN {_GIVEN} USING (kind, key)
    WHERE tenant = :tenant AND tries >= {_MOST} AND since + {_SPAN} > statement_timestamp()
""")
_NOTE = sa.text(f"""
    INSERT INTO wrong_code AS known (tenant, kind, key, since, tries)
    SELECT :tenant, kind, key, statement_timestamp(), 1 FROM {_GIVEN} ORDER BY kind
    ON CONFLICT (tenant, kind, key) DO UPDATE
    SET since = CASE WHEN known.since + {_SPAN.replace("kind", "known.kind")} > statement_timestamp()
                     THEN known.since ELSE excluded.since END,
        tries = CASE WHEN known.since + {_SPAN.replace("kind", "known.kind")} > statement_timestamp()
                     THEN known.tries + 1 ELSE 1 END
""")
_FORGET = sa.text("DELETE FROM wrong_code WHERE since < statement_timestamp() - interval '15 minutes'")


class Guess(NamedTuple):
    """Who names which complaint, with a code that may be right or wrong."""

    tenant: str
    number: str
    address: str
    """Of the network."""

    def _parameters(self) -> dict[str, str]:
        digest = sha256(f"{self.tenant}\n{self.address}".encode()).hexdigest()
        return {"tenant": self.tenant, "number": self.number, "address": digest}

    async def check(self, connection: AsyncConnection) -> None:
        """Raise Problem 429 after ten wrong codes for a number within a quarter of an hour, or a hundred from one
        address within a minute: no code is looked at then, not even a right one.
        """
        seconds = int((await connection.execute(_WAIT, self._parameters())).scalar_one())
        if seconds:
            raise Problem(429, "too-many-tries", headers={"Retry-After": str(seconds)}, seconds=seconds)

    async def note_wrong(self, engine: AsyncEngine) -> None:
        """Count one, durably."""
        async with engine.begin() as connection:
            await connection.execute(_NOTE, self._parameters())


def wrong_code_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table `wrong_code` to a service's tables."""
    return sa.Table(
        "wrong_code",
        metadata,
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True, comment="number or address"),
        sa.Column("key", sa.Text, primary_key=True, comment="a complaint's number, or the hash of an address"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="the first of them"),
        sa.Column("tries", sa.Integer, nullable=False),
        comment="wrong query codes of the last quarter of an hour",
    )


async def forget(engine: AsyncEngine) -> None:
    """Remove what limits nobody any more."""
    async with engine.begin() as connection:
        await connection.execute(_FORGET)
