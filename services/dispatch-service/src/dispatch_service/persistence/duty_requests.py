"""What officers ask about their duties, and what became of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.roster_tables import duty_request
from dispatch_service.persistence.rows import Row, as_rows
from eventbus.janitor import first_id_at

_OLD = sa.text("""
    DELETE FROM duty_request WHERE id IN (SELECT id FROM duty_request WHERE id < :before ORDER BY id LIMIT 5000)
""")


async def add(connection: AsyncConnection, row: Row) -> None:
    """Keep a new request."""
    await connection.execute(sa.insert(duty_request).values(**row))


async def has_pending(connection: AsyncConnection, duty: UUID) -> bool:
    """Say whether something is asked about a duty that nobody has decided."""
    columns = duty_request.c
    asked = sa.exists().where(columns.state == "pending", sa.or_(columns.duty == duty, columns.other_duty == duty))
    return bool((await connection.execute(sa.select(asked))).scalar_one())


async def lock(connection: AsyncConnection, tenant: str, request_id: UUID) -> Row | None:
    """Return a request, locked until the transaction ends."""
    columns = duty_request.c
    statement = sa.select(duty_request).where(columns.tenant == tenant, columns.id == request_id)
    rows = as_rows(await connection.execute(statement.with_for_update()))
    return rows[0] if rows else None


async def decide(connection: AsyncConnection, request_id: UUID, at: datetime, **values: Any) -> None:
    """Note a decision."""
    statement = sa.update(duty_request).where(duty_request.c.id == request_id)
    await connection.execute(statement.values(decided_at=at, **values))


async def drop(
    connection: AsyncConnection, tenant: str, duties: Collection[UUID], *, actor: str, now: datetime, note: str
) -> None:
    """End what is asked about duties that are no more, and nobody has decided."""
    columns, ids = duty_request.c, sa.bindparam("ids", list(duties), sa.ARRAY(sa.Uuid))
    asked = sa.or_(columns.duty == sa.any_(ids), columns.other_duty == sa.any_(ids))
    statement = sa.update(duty_request).where(columns.tenant == tenant, columns.state == "pending", asked)
    await connection.execute(statement.values(state="dropped", decided_by=actor, decided_at=now, note=note))


async def page(
    connection: AsyncConnection,
    tenant: str,
    *,
    state: str | None,
    asked_by: str | None,
    before: UUID | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` requests, the newest first, from before the request `before`."""
    columns = duty_request.c
    statement = sa.select(duty_request).where(columns.tenant == tenant)
    for column, value in ((columns.state, state), (columns.asked_by, asked_by)):
        if value is not None:
            statement = statement.where(column == value)
    if before is not None:
        statement = statement.where(columns.id < before)
    return as_rows(await connection.execute(statement.order_by(columns.id.desc()).limit(size)))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove some of the requests that were asked before a moment, of all tenants, with their reasons."""
    await connection.execute(_OLD, {"before": first_id_at(before)})
