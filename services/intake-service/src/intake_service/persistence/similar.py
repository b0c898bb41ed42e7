"""How complaints stand that are alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.likeness_tables import follower
from intake_service.persistence.tables import complaint

_member = complaint.alias("merged_member")
_MEMBERS = sa.select(_member.c.id).where(_member.c.merged_into == complaint.c.id)
_IT_AND_MEMBERS = sa.func.array_append(sa.func.array(_MEMBERS.correlate(complaint).scalar_subquery()), complaint.c.id)
AFFECTED = (
    sa.select(sa.func.count(follower.c.subject.distinct()))
    .where(
        follower.c.complaint_id == sa.any_(_IT_AND_MEMBERS),
        follower.c.is_affected,
        follower.c.subject.is_distinct_from(complaint.c.owner),
        ~_MEMBERS.where(_member.c.owner == follower.c.subject).correlate(complaint, follower).exists(),
    )
    .correlate(complaint)
    .scalar_subquery()
    .label("affected")
)
"""How many people say of a complaint, or of what was merged into it, that it is theirs too, and reported none of it."""


async def present(connection: AsyncConnection, tenant: str, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return those of the complaints that the tenant has, by id, with how many people say `me too`."""
    if not ids:
        return {}
    query = sa.select(complaint, AFFECTED)
    rows = await connection.execute(query.where(complaint.c.tenant == tenant, complaint.c.id.in_(ids)))
    return {row.id: row for row in rows}
