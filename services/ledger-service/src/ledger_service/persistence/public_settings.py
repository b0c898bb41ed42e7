"""What each tenant has chosen to make public; nothing, until it has."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.publication import Publication
from ledger_service.persistence.tables import metadata
from operations.documents import Documents

_table = metadata.tables["public_setting"]
PUBLICATIONS = Documents(_table, Publication.of, Publication())


async def switched_on(connection: AsyncConnection) -> Sequence[str]:
    """Return the tenants that publish."""
    chosen = sa.select(_table.c.tenant).where(_table.c.content["is_on"].as_boolean()).order_by(_table.c.tenant)
    return (await connection.execute(chosen)).scalars().all()
