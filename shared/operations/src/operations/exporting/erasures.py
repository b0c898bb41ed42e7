"""Lets no file of an export outlive what is erased of something in it.

Whoever erases holds the tenant's lock together with others who do, from before it looks for files until its end;
whoever ends an export holds it alone. So one of the two sees what the other has done.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

ERASED = "export-data-erased"
"""Why a file is gone before its time."""
_TOGETHER = sa.text("SELECT pg_advisory_xact_lock_shared(hashtext('jieban exports erased'), hashtext(:tenant))")
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtext('jieban exports erased'), hashtext(:tenant))")


async def let_none_end(connection: AsyncConnection, tenant: str) -> None:
    """Let no export of the tenant end until the transaction does; one that is just ending comes first."""
    await connection.execute(_TOGETHER, {"tenant": tenant})


async def let_none_erase(connection: AsyncConnection, tenant: str) -> None:
    """Let nothing of the tenant be erased until the transaction ends; what is being erased comes first."""
    await connection.execute(_ALONE, {"tenant": tenant})
