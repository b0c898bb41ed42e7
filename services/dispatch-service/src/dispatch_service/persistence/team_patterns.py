"""The make-up that a tenant wants of its teams."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.team_pattern import DEFAULT_PATTERN
from dispatch_service.persistence.tables import team_pattern


async def pattern_of(connection: AsyncConnection, tenant: str) -> Mapping[str, int]:
    """Return how many members of each role a team shall have: what the tenant has set, or the default."""
    found = await connection.scalar(sa.select(team_pattern.c.roles).where(team_pattern.c.tenant == tenant))
    return DEFAULT_PATTERN if found is None else found


async def set_pattern(connection: AsyncConnection, tenant: str, roles: Mapping[str, int]) -> None:
    """Set it as a whole."""
    statement = insert(team_pattern).values(tenant=tenant, roles=dict(roles))
    changed = {"roles": statement.excluded.roles}
    await connection.execute(statement.on_conflict_do_update(index_elements=["tenant"], set_=changed))
