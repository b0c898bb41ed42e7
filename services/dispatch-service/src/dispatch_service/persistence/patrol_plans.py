"""Patrol plans. Whoever makes patrols of a plan or changes it holds its row."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.patrol_errors import PlanNotFound
from dispatch_service.persistence.patrol_tables import patrol_plan
from dispatch_service.persistence.rows import Row, as_rows

_WAITING = sa.text("""
    SELECT count(*) FROM patrol_plan
    WHERE ended_at IS NULL AND made_until < least(CAST(:until AS date), coalesce(last_day, CAST(:until AS date)))
""")


async def add(connection: AsyncConnection, row: Row) -> None:
    """Keep a new plan."""
    await connection.execute(sa.insert(patrol_plan).values(**row))


async def find(connection: AsyncConnection, tenant: str, plan_id: UUID, *, lock: bool = False) -> Row:
    """Return a plan; with `lock`, locked until the transaction ends. Raises PlanNotFound."""
    statement = sa.select(patrol_plan).where(patrol_plan.c.tenant == tenant, patrol_plan.c.id == plan_id)
    rows = as_rows(await connection.execute(statement.with_for_update() if lock else statement))
    if not rows:
        raise PlanNotFound
    return rows[0]


async def change(connection: AsyncConnection, plan_id: UUID, **values: Any) -> None:
    """Change a plan that is locked."""
    await connection.execute(sa.update(patrol_plan).where(patrol_plan.c.id == plan_id).values(**values))


async def page(
    connection: AsyncConnection,
    tenant: str,
    wanted: Mapping[str, str | None],
    *,
    post: str | None,
    ended: bool | None,
    after: UUID | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` plans behind `after`, the oldest first. `wanted`: column names and what each must be.

    `post` is one that a plan leads to.
    """
    columns = patrol_plan.c
    conditions = [columns[name] == value for name, value in wanted.items() if value is not None]
    if post is not None:
        conditions.append(columns.points.contains([{"post": post}]))
    if ended is not None:
        conditions.append(columns.ended_at.is_not(None) if ended else columns.ended_at.is_(None))
    if after is not None:
        conditions.append(columns.id > after)
    statement = sa.select(patrol_plan).where(columns.tenant == tenant, *conditions)
    return as_rows(await connection.execute(statement.order_by(columns.id).limit(size)))


async def lock_behind(connection: AsyncConnection, until: date, *, size: int) -> Sequence[Row]:
    """Return up to `size` plans whose patrols are not made up to `until`, locked; those that others hold are left."""
    columns = patrol_plan.c
    statement = (
        sa.select(patrol_plan)
        .where(columns.ended_at.is_(None), columns.made_until < sa.func.least(until, columns.last_day))
        .order_by(columns.made_until, columns.id)
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    return as_rows(await connection.execute(statement))


async def set_made(connection: AsyncConnection, ids: Sequence[UUID], until: date) -> None:
    """Note up to which day the patrols of locked plans are made."""
    await connection.execute(sa.update(patrol_plan).where(patrol_plan.c.id.in_(ids)).values(made_until=until))


async def waiting(connection: AsyncConnection, until: date) -> int:
    """Count the plans whose patrols are not made up to `until`."""
    return int((await connection.execute(_WAITING, {"until": until})).scalar_one())


async def end(connection: AsyncConnection, plan_id: UUID, version: int, actor: str, now: datetime) -> None:
    """Let a locked plan make no patrols any more."""
    await change(connection, plan_id, version=version, ended_at=now, changed_at=now, changed_by=actor)
