"""Posts and stations as dispatch tells of them: which codes a complaint may name as where it was taken."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from intake_service.persistence.place_tables import known_place
from intake_service.persistence.tables import complaint

_C = known_place.c


class KnownPlace(NamedTuple):
    """A place as its event of that sequence says. One that was removed stays known: what was taken there comes late."""

    tenant: str
    code: str
    sequence: int
    kind: str


_KEEP = Statement("""
    INSERT INTO known_place (tenant, code, sequence, kind)
    SELECT tenant, code, sequence, kind
    FROM unnest(CAST(:tenant AS text[]), CAST(:code AS text[]), CAST(:sequence AS int[]), CAST(:kind AS text[]))
        AS said (tenant, code, sequence, kind)
    ORDER BY tenant, code
    ON CONFLICT (tenant, code) DO UPDATE SET sequence = EXCLUDED.sequence, kind = EXCLUDED.kind
    WHERE known_place.sequence < EXCLUDED.sequence
""")


def _knows(tenant: sa.ColumnElement[str], code: sa.ColumnElement[str]) -> sa.ColumnElement[bool | None]:
    """Say whether a code is known; null where none is given, or the tenant has no station that one could know."""
    stations = sa.exists().where(_C.tenant == tenant, _C.kind != "post")
    known = sa.exists().where(_C.tenant == tenant, _C.code == code)
    return sa.case((sa.or_(code.is_(None), ~stations), None), else_=known)


KNOWN_STATION = _knows(complaint.c.tenant, complaint.c.origin["station"].astext).label("station_known")
"""Whether the station that a complaint names is known."""


async def keep(connection: AsyncConnection, places: Sequence[KnownPlace]) -> None:
    """Keep what is said, unless something newer is kept; each place at most once."""
    if places:
        await _KEEP.fetch(connection, arrays(KnownPlace._fields, places))


async def knows(connection: AsyncConnection, tenant: str, code: str) -> bool | None:
    """Say whether a code is known; None where the tenant has no station that one could know."""
    said = _knows(sa.literal(tenant), sa.literal(code))
    return (await connection.execute(sa.select(said))).scalar_one()
