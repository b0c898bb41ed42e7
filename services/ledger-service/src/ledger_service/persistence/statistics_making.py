"""Whose turn it is to write roll-ups and details, and how they are made anew in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger_service.persistence.statistics_tables import EDITION

# How many rows a batch has is not known to the planner: plans that suit a few would take minutes for many.
_TAKE_TURN = sa.text("""
    SELECT pg_try_advisory_xact_lock(hashtext('statistics_folding')), set_config('work_mem', '64MB', true),
           set_config('enable_nestloop', 'off', true), set_config('enable_sort', 'off', true),
           set_config('jit', 'off', true)
""")
_TRY = sa.text("SELECT pg_try_advisory_lock(hashtext('statistics_folding'))")
_WAIT = sa.text("SELECT pg_advisory_lock(hashtext('statistics_folding')) IS NOT NULL")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(hashtext('statistics_folding'))")
_ANYTHING = sa.text("SELECT")
_TABLES = ("statistics_figure", "statistics_time", "statistics_detail", "statistics_change")
"""Of changes, those that are seen belong to entries that are seen."""
_LONG_SECONDS = 600.0
"""For taking millions of rows away."""
_MADE = sa.text(f"UPDATE statistics_state SET made_at = clock_timestamp(), edition = {EDITION}")
_LAST = sa.text("SELECT max(recorded_at) FROM entry WHERE complaint_id = :id")


async def take_turn(connection: AsyncConnection) -> bool:
    """Be the one who writes until the transaction ends; False where another replica is at it."""
    return bool(await connection.scalar(_TAKE_TURN))


@asynccontextmanager
async def alone(engine: AsyncEngine, *, wait: bool) -> AsyncIterator[AsyncConnection | None]:
    """Open a transaction that sees one moment, during which nobody adds to the roll-ups; None where somebody does.

    The lock is had before the moment, so that what the one before it has added is seen.
    """
    async with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        has_lock = await connection.scalar(_WAIT if wait else _TRY)
        await connection.commit()
        if not has_lock:
            yield None
            return
        try:
            async with connection.begin():
                yield connection
        finally:
            await connection.execute(_UNLOCK)
            await connection.commit()


async def begin(connection: AsyncConnection) -> None:
    """Take all figures away."""
    await connection.execute(_ANYTHING)  # SQLAlchemy begins with its first statement, the driver would commit each
    driver: Any = (await connection.get_raw_connection()).driver_connection
    for table in _TABLES:
        await driver.execute(f"DELETE FROM {table}", timeout=_LONG_SECONDS)


async def finish(connection: AsyncConnection) -> None:
    """Note that the figures hold all complaints."""
    await connection.execute(_MADE)


async def last_recorded(connection: AsyncConnection, complaint_id: UUID) -> datetime:
    """Return when the last entry of a complaint was recorded."""
    at: datetime = (await connection.execute(_LAST, {"id": complaint_id})).scalar_one()
    return at
