"""The mark on cases whose work names photos that intake does not have."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.case_slices import CaseKey

_MARK = sa.text("""
    UPDATE dispatch_case AS c
    SET unknown_photos = CAST(told.photos AS uuid[])
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:photos AS text[]))
        AS told (tenant, complaint_id, photos)
    WHERE c.tenant = told.tenant AND c.complaint_id = told.complaint_id
""")


async def mark(connection: AsyncConnection, unknown: Mapping[CaseKey, Sequence[UUID]]) -> None:
    """Note which photos are not there, of locked cases, in one statement; where it is none, the mark goes."""
    values = {
        "tenants": [tenant for tenant, _ in unknown],
        "ids": [complaint_id for _, complaint_id in unknown],
        "photos": [f"{{{','.join(map(str, photos))}}}" for photos in unknown.values()],
    }
    await connection.execute(_MARK, values)
