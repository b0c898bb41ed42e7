"""Whose complaints are whose: by the account of a citizen, or by the phone that was given.

Many people report by the account of a partner system. What one has filed says so, or has an `external_ref`, which
citizens may not give.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.tables import complaint

_PERSONAL = "c.external_ref IS NULL AND c.origin -> 'system' IS NULL"
"""Not of a partner system, by whose account many people report."""
_SAME = sa.text(f"""
    WITH asked AS (
        SELECT CASE WHEN {_PERSONAL} THEN c.owner END AS owner, r.phone
        FROM complaint AS c LEFT JOIN reporter AS r ON r.complaint_id = c.id
        WHERE c.id = :id AND c.tenant = :tenant
    ), theirs AS (
        SELECT c.id, 'account' AS by FROM asked JOIN complaint AS c
            ON c.tenant = :tenant AND c.created_by = asked.owner AND c.owner = asked.owner
            AND {_PERSONAL}
        UNION ALL
        SELECT r.complaint_id, 'phone' FROM asked JOIN reporter AS r ON r.tenant = :tenant AND r.phone = asked.phone
    )
    SELECT c.id, c.number, c.status, c.category, c.description, c.received_at, c.merged_into,
        array_agg(DISTINCT theirs.by ORDER BY theirs.by) AS matched_by
    FROM theirs JOIN complaint AS c ON c.id = theirs.id
    WHERE c.tenant = :tenant AND (:confidential OR NOT c.confidential) AND c.id <> :id
        AND (CAST(:before AS uuid) IS NULL OR c.id < :before)
    GROUP BY c.id ORDER BY c.id DESC LIMIT :size
""")


async def page(
    connection: AsyncConnection, tenant: str, complaint_id: UUID, before: UUID | None, size: int, *, confidential: bool
) -> Sequence[Any]:
    """Return other complaints of who reported this one, newest first; `confidential` ones only if asked."""
    parameters = {
        "tenant": tenant,
        "id": complaint_id,
        "before": before,
        "size": size,
        "confidential": confidential,
    }
    return (await connection.execute(_SAME, parameters)).all()


async def is_confidential(connection: AsyncConnection, tenant: str, complaint_id: UUID) -> bool | None:
    """Return whether who reported it is for supervisors only; None for an unknown complaint."""
    query = sa.select(complaint.c.confidential).where(complaint.c.id == complaint_id, complaint.c.tenant == tenant)
    found: bool | None = (await connection.execute(query)).scalar_one_or_none()
    return found
