"""What categories are called, as far as intake has told of it."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.clock_settings import CATEGORIES

_NAME = sa.text(f"""
    SELECT content #> ARRAY[CAST(:code AS text), 'name'] FROM clock_setting
    WHERE tenant = :tenant AND name = '{CATEGORIES}'
""")


async def told(connection: AsyncConnection, tenant: str, code: str) -> Mapping[str, str] | None:
    """Return the name of a category by language; None where intake has told of it to an earlier version, or never."""
    found: Mapping[str, str] | None = (await connection.execute(_NAME, {"tenant": tenant, "code": code})).scalar()
    return found
