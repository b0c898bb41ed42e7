"""What communities and grids are called, as dispatch tells of them."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from intake_service.persistence.place_tables import place_name

PlaceNames: TypeAlias = Mapping[str, Mapping[str, str]]
"""Names by kind and code."""
_C = place_name.c


class PlaceName(NamedTuple):
    """A name as the event of that sequence says. What was removed keeps its name: complaints still tell of it."""

    tenant: str
    kind: Literal["community", "grid"]
    code: str
    sequence: int
    name: str


_KEEP = Statement("""
    INSERT INTO place_name (tenant, kind, code, sequence, name)
    SELECT tenant, kind, code, sequence, name
    FROM unnest(CAST(:tenant AS text[]), CAST(:kind AS text[]), CAST(:code AS text[]), CAST(:sequence AS int[]),
                CAST(:name AS text[]))
        AS said (tenant, kind, code, sequence, name)
    ORDER BY tenant, kind, code
    ON CONFLICT (tenant, kind, code) DO UPDATE SET sequence = EXCLUDED.sequence, name = EXCLUDED.name
    WHERE place_name.sequence < EXCLUDED.sequence
""")


async def keep(connection: AsyncConnection, names: Sequence[PlaceName]) -> None:
    """Keep what is said, unless something newer is kept; each place at most once."""
    if names:
        await _KEEP.fetch(connection, arrays(PlaceName._fields, names))


async def names_of(connection: AsyncConnection, tenant: str) -> PlaceNames:
    """Return what the communities and grids of a tenant are or were called, for both kinds."""
    told: dict[str, dict[str, str]] = {"community": {}, "grid": {}}
    query = sa.select(_C.kind, _C.code, _C.name).where(_C.tenant == tenant)
    for kind, code, name in await connection.execute(query):
        told[kind][code] = name
    return told
