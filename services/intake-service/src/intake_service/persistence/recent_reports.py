"""What all replicas have accepted of late from certain phones, devices and accounts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.janitor import first_id_at
from intake_service.domain.recent_reports import HISTORY, By, Filed, Key, letters, text_digest

# An index has the ids of each in order, and they begin with the time.
_OF = {
    "account": "FROM complaint AS c WHERE c.tenant = wanted.tenant AND c.created_by = wanted.who AND c.id >= :since",
    "device": "FROM complaint AS c WHERE c.tenant = wanted.tenant AND c.device = wanted.who AND c.id >= :since",
    "phone": """FROM reporter AS r JOIN complaint AS c ON c.id = r.complaint_id
        WHERE r.tenant = wanted.tenant AND r.phone = wanted.who AND r.complaint_id >= :since""",
}
_ORDER = {"account": "c.id", "device": "c.id", "phone": "r.complaint_id"}
_IS_COUNTED = "(c.owner IS NOT NULL OR c.occurred_at IS NULL OR c.occurred_at >= c.received_at - :history)"
_TYPES = {"account": "text", "device": "bytea", "phone": "text"}


def _read(by: str) -> sa.TextClause:
    return sa.text(f"""
        SELECT wanted.tenant, wanted.who, found.id, found.received_at, found.description
        FROM unnest(CAST(:tenants AS text[]), CAST(:whos AS {_TYPES[by]}[])) AS wanted (tenant, who),
        LATERAL (SELECT c.id, c.received_at, c.description
                 {_OF[by]} AND {_IS_COUNTED} ORDER BY {_ORDER[by]} DESC LIMIT :most) AS found
    """).bindparams(sa.bindparam("history", HISTORY, sa.Interval))


_READ: Mapping[By, sa.TextClause] = {"account": _read("account"), "device": _read("device"), "phone": _read("phone")}


async def read(
    connection: AsyncConnection, keys: Collection[Key], *, since: datetime, most: int
) -> dict[Key, dict[UUID, Filed]]:
    """Return the newest reports of each key, up to `most` that came in `since`; history is none."""
    found: dict[Key, dict[UUID, Filed]] = {key: {} for key in keys}
    for by, statement in _READ.items():
        wanted = [key for key in keys if key[1] == by]
        if not wanted:
            continue
        rows: Sequence[Any] = (
            await connection.execute(
                statement,
                {
                    "tenants": [tenant for tenant, _, _ in wanted],
                    "whos": [who for _, _, who in wanted],
                    "since": first_id_at(since),
                    "most": most,
                },
            )
        ).all()
        for row in rows:
            found[row.tenant, by, row.who][row.id] = Filed(row.received_at, text_digest(letters(row.description)))
    return found
