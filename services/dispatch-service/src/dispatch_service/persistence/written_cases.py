"""What reply templates 常用语 need to know of the case that is written about."""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.domain.errors import CaseNotFound

_READ = sa.text("""
    SELECT c.tenant, c.number, c.category, coalesce(team.name, c.team) AS team, c.status, EXISTS (
               SELECT FROM supervision_order AS o
               WHERE o.tenant = c.tenant AND o.complaint_id = c.complaint_id
                 AND o.reply IS NULL AND o.withdrawn_at IS NULL) AS is_order_open
    FROM dispatch_case AS c LEFT JOIN team ON team.tenant = c.tenant AND team.code = c.team
    WHERE c.complaint_id = :id AND c.tenant = :tenant
""")


class WrittenCase(NamedTuple):
    """A case with what templates leave open, and with what its unit may have to write."""

    tenant: str
    number: str
    category: str | None
    team: str
    """What it is called."""
    status: Status
    is_order_open: bool
    """Whether a supervision order waits for an answer."""


async def read(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> WrittenCase:
    """Return the case; CaseNotFound where the tenant has none with this id."""
    row = (await connection.execute(_READ, {"id": complaint_id, "tenant": tenant})).one_or_none()
    if row is None:
        raise CaseNotFound
    return WrittenCase(**{**row._mapping, "status": Status(row.status)})
