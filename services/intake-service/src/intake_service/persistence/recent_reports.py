"""What all replicas have accepted of late from certain phones, devices and accounts."""

from collections.abc import Callable, Collection, Mapping
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
        SELECT wanted.tenant, wanted.who, found.id, found.received_at
        FROM unnest(CAST(:tenants AS text[]), CAST(:whos AS {_TYPES[by]}[])) AS wanted (tenant, who),
        LATERAL (SELECT c.id, c.received_at
                 {_OF[by]} AND {_IS_COUNTED} ORDER BY {_ORDER[by]} DESC LIMIT :most) AS found
    """).bindparams(sa.bindparam("history", HISTORY, sa.Interval))


_READ: Mapping[By, sa.TextClause] = {"account": _read("account"), "device": _read("device"), "phone": _read("phone")}


_TEXTS = sa.text("""
    SELECT c.id, c.description FROM complaint AS c
    JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS wanted (tenant, id) USING (tenant, id)
""")


async def read(
    connection: AsyncConnection,
    keys: Collection[Key],
    known: Callable[[Key], Mapping[UUID, Filed]],
    *,
    since: datetime,
    most: int,
) -> dict[Key, dict[UUID, Filed]]:
    """Return the newest reports of each key, up to `most` that came in `since`; history is none.

    One statement for each kind of key, and one for the texts of those that are not `known` of their keys.
    """
    rows = [row for by in _READ for row in await _of(connection, by, keys, since=since, most=most)]
    texts = {row.id: filed.text for key, row in rows if (filed := known(key).get(row.id)) is not None}
    texts |= await _texts(connection, {row.id: key[0] for key, row in rows if row.id not in texts})
    found: dict[Key, dict[UUID, Filed]] = {key: {} for key in keys}
    for key, row in rows:
        found[key][row.id] = Filed(row.received_at, texts.get(row.id))
    return found


async def _of(
    connection: AsyncConnection, by: By, keys: Collection[Key], *, since: datetime, most: int
) -> list[tuple[Key, Any]]:
    wanted = [key for key in keys if key[1] == by]
    if not wanted:
        return []
    values = {
        "tenants": [tenant for tenant, _, _ in wanted],
        "whos": [who for _, _, who in wanted],
        "since": first_id_at(since),
        "most": most,
    }
    rows = await connection.execute(_READ[by], values)
    return [((row.tenant, by, row.who), row) for row in rows]


async def _texts(connection: AsyncConnection, complaints: Mapping[UUID, str]) -> dict[UUID, bytes | None]:
    """Return what stands for the texts of complaints, of each of which the tenant is given."""
    if not complaints:
        return {}
    rows = await connection.execute(_TEXTS, {"tenants": list(complaints.values()), "ids": list(complaints)})
    return {row.id: text_digest(letters(row.description)) for row in rows}
