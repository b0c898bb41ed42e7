"""Keeps the departments and external systems that cases can be transferred to; other services need not know them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.directory_errors import ThingInUse, ThingNotFound
from dispatch_service.persistence import county
from dispatch_service.persistence.tables import department
from dispatch_service.service.directory import Occasion
from dispatch_service.service.keeping import Kept


async def keep(connection: AsyncConnection, occasion: Occasion, code: str, values: Mapping[str, Any]) -> Kept:
    """Write a department as a whole; the caller holds the county's lock."""
    key = {"tenant": occasion.tenant, "code": code}
    is_new = await county.put(connection, department, key, values)
    return Kept({**values, **key, "generated": False}, is_new, await county.touch(connection, occasion.tenant))


async def remove(connection: AsyncConnection, occasion: Occasion, code: str) -> None:
    """Remove a department; the caller holds the county's lock. Raises ThingNotFound and ThingInUse."""
    try:
        row = await county.remove(connection, department, {"tenant": occasion.tenant, "code": code})
    except IntegrityError as error:  # a case was transferred to it
        raise ThingInUse from error
    if row is None:
        raise ThingNotFound
    await county.touch(connection, occasion.tenant)
