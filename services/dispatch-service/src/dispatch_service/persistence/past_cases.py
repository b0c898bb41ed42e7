"""Cases of a period as they came in, with what has become of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from eventbus.janitor import first_id_at

_CASES = sa.text("""
    SELECT complaint_id, number, category, source, proactive, description, lon, lat, received_at,
           attributes, category_confidence, team, grade, status, round, officer,
           assigned_at, accepted_at, started_at, resolved_at, promised_at,
           coalesce(explanation ->> 'rule' = 'self_handled', false) AS self_handled
    FROM dispatch_case WHERE tenant = :tenant AND complaint_id >= :first AND complaint_id < :before
    ORDER BY complaint_id DESC LIMIT :size
""")


def bounds(begin: datetime, end: datetime) -> tuple[UUID, UUID]:
    """Return the lowest ids of complaints that are received from `begin` on, and from `end` on."""
    return first_id_at(begin), first_id_at(end)


async def page(connection: AsyncConnection, tenant: str, first: UUID, before: UUID, *, size: int) -> Sequence[Row]:
    """Return up to `size` cases from the id `first` until under `before`, the newest first."""
    parameters = {"tenant": tenant, "first": first, "before": before, "size": size}
    return as_rows(await connection.execute(_CASES, parameters))
