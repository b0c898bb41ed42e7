"""Bodies of complaints."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

REPORT: dict[str, Any] = {
    "source": "resident_app",
    "category": "street_order.parking",
    "description": "盲道上停满了车",
    "location": {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84"},
}
HOTLINE: dict[str, Any] = {**REPORT, "source": "hotline"}
UNLUCKY = "谁也说不清为什么收不下"


def report(**changes: Any) -> dict[str, Any]:
    """Return a good body with `changes`; a value of `...` leaves a field out."""
    return {name: value for name, value in {**REPORT, **changes}.items() if value is not ...}


@asynccontextmanager
async def unlucky(engine: AsyncEngine) -> AsyncIterator[None]:
    """Let the database fail, in a way that nobody has foreseen, at complaints whose description is `UNLUCKY`."""

    async def alter(what: str) -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text(f"ALTER TABLE complaint {what}"))

    await alter(f"ADD CONSTRAINT unlucky CHECK (description <> '{UNLUCKY}') NOT VALID")
    try:
        yield
    finally:
        await alter("DROP CONSTRAINT unlucky")
