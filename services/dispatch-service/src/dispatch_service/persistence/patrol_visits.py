"""Visits of patrols, and what patrols come to in a period."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.patrol_tables import patrol_visit
from dispatch_service.persistence.rows import Row, as_rows

NO_PLAN = UUID(int=0)
"""Stands for ad-hoc patrols in the order of a summary."""
_SUMMARY = sa.text("""
    SELECT sums.*, patrol_plan.name AS plan_name FROM (
        SELECT team, coalesce(plan, :no_plan) AS plan,
               count(*) FILTER (WHERE state <> 'cancelled') AS planned,
               count(*) FILTER (WHERE state = 'done') AS done,
               count(*) FILTER (WHERE state = 'missed') AS missed,
               count(*) FILTER (WHERE state IN ('planned', 'started')) AS open,
               count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
               coalesce(sum(jsonb_array_length(points)) FILTER (WHERE state <> 'cancelled'), 0) AS points,
               coalesce(sum(points_visited) FILTER (WHERE state <> 'cancelled'), 0) AS points_visited,
               sum(visits) AS visits, sum(far_visits) AS far_visits, sum(findings) AS findings
        FROM patrol
        WHERE tenant = :tenant AND day BETWEEN :first AND :last AND (CAST(:team AS text) IS NULL OR team = :team)
              AND (CAST(:plan AS uuid) IS NULL OR plan = :plan)
              AND (team, coalesce(plan, :no_plan)) > (:after_team, CAST(:after_plan AS uuid))
        GROUP BY team, coalesce(plan, :no_plan) ORDER BY team, coalesce(plan, :no_plan) LIMIT :size) AS sums
    LEFT JOIN patrol_plan ON patrol_plan.id = sums.plan ORDER BY sums.team, sums.plan
""").bindparams(sa.bindparam("no_plan", NO_PLAN, sa.Uuid))


async def find(connection: AsyncConnection, tenant: str, visit_id: UUID) -> Row | None:
    """Return a visit of whichever patrol."""
    statement = sa.select(patrol_visit).where(patrol_visit.c.tenant == tenant, patrol_visit.c.id == visit_id)
    rows = as_rows(await connection.execute(statement))
    return rows[0] if rows else None


async def add(connection: AsyncConnection, row: Row) -> bool:
    """Keep a visit of a locked patrol; False where its id was used for another patrol at the same time."""
    statement = insert(patrol_visit).values(**row).on_conflict_do_nothing().returning(patrol_visit.c.id)
    return (await connection.execute(statement)).one_or_none() is not None


async def of_patrol(connection: AsyncConnection, tenant: str, patrol_id: UUID) -> Sequence[Row]:
    """Return all visits of a patrol in the order of their times."""
    columns = patrol_visit.c
    statement = sa.select(patrol_visit).where(columns.tenant == tenant, columns.patrol == patrol_id)
    return as_rows(await connection.execute(statement.order_by(columns.at, columns.id)))


async def visited(connection: AsyncConnection, tenant: str, patrol_id: UUID) -> set[str]:
    """Return the keys of the points at which somebody was, and not far from them."""
    columns = patrol_visit.c
    conditions = (columns.tenant == tenant, columns.patrol == patrol_id, columns.point.is_not(None), ~columns.far)
    return set((await connection.execute(sa.select(columns.point).where(*conditions))).scalars())


async def summary(
    connection: AsyncConnection,
    tenant: str,
    first: date,
    last: date,
    wanted: Mapping[str, object],
    *,
    after: tuple[str, UUID],
    size: int,
) -> Sequence[Row]:
    """Return up to `size` sums by team and plan behind `after`. `wanted`: team and plan, None for all."""
    after_team, after_plan = after
    values = {**wanted, "first": first, "last": last, "after_team": after_team, "after_plan": after_plan}
    return as_rows(await connection.execute(_SUMMARY, {**values, "tenant": tenant, "size": size}))
