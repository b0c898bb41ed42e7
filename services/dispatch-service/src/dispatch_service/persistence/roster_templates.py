"""Templates of rosters. Whoever changes one holds the county's row of `territory`, as whoever plans does."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.roster_errors import TemplateNotFound
from dispatch_service.persistence.roster_tables import roster_template
from dispatch_service.persistence.rows import Row, as_rows

_TEMPLATE = roster_template.c


async def find(connection: AsyncConnection, tenant: str, template_id: UUID) -> Row:
    """Return a template. Raises TemplateNotFound."""
    rows = as_rows(await connection.execute(sa.select(roster_template).where(*_key(tenant, template_id))))
    if not rows:
        raise TemplateNotFound
    return rows[0]


async def has_name(connection: AsyncConnection, tenant: str, team: str, name: str, besides: UUID) -> bool:
    """Say whether a team has a template with a name, `besides` left out of account."""
    conditions = (_TEMPLATE.tenant == tenant, _TEMPLATE.team == team, _TEMPLATE.name == name, _TEMPLATE.id != besides)
    return bool((await connection.execute(sa.select(sa.exists().where(*conditions)))).scalar_one())


async def add(connection: AsyncConnection, row: Row) -> None:
    """Keep a new template."""
    await connection.execute(sa.insert(roster_template).values(**row))


async def change(connection: AsyncConnection, tenant: str, template_id: UUID, **values: Any) -> None:
    """Change a template."""
    await connection.execute(sa.update(roster_template).where(*_key(tenant, template_id)).values(**values))


async def remove(connection: AsyncConnection, tenant: str, template_id: UUID) -> None:
    """Remove a template; what was planned by it stays."""
    await connection.execute(sa.delete(roster_template).where(*_key(tenant, template_id)))


async def page(
    connection: AsyncConnection, tenant: str, *, team: str | None, after: UUID | None, size: int
) -> Sequence[Row]:
    """Return up to `size` templates behind `after`, of a team or of all, the oldest first."""
    statement = sa.select(roster_template).where(_TEMPLATE.tenant == tenant)
    if team is not None:
        statement = statement.where(_TEMPLATE.team == team)
    if after is not None:
        statement = statement.where(_TEMPLATE.id > after)
    return as_rows(await connection.execute(statement.order_by(_TEMPLATE.id).limit(size)))


def _key(tenant: str, template_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return _TEMPLATE.tenant == tenant, _TEMPLATE.id == template_id
