"""Cases whose places have become known, or were corrected."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.payload import Place
from dispatch_service.domain.case import Case

_PLACE = sa.text("""
    UPDATE dispatch_case SET lon = :lon, lat = :lat, address = :address
    WHERE complaint_id = :id AND tenant = :tenant
    RETURNING category, source, proactive, description, received_at, attributes, category_confidence,
              explanation ->> 'rule' AS rule, explanation ? 'held' AS held
""")


async def place(connection: AsyncConnection, case: Case, where: Place) -> Any:
    """Set the place of a locked case; return what its routing needs to know.

    And what has named its team (`rule`), and whether it waits at the duty desk since intake suspects it (`held`).
    """
    place = {"lon": where.lon, "lat": where.lat, "address": where.address}
    return (await connection.execute(_PLACE, {**place, "id": case.complaint_id, "tenant": case.tenant})).one()
