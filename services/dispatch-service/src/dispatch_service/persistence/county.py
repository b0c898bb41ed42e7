"""Changes of places and teams. Whoever changes a county holds its row of `territory`, so changes come one by one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import dispatch_case, grid, team_member, territory

_BEGIN = sa.text("INSERT INTO territory (tenant, version) VALUES (:tenant, 0) ON CONFLICT DO NOTHING")
_TOUCH = sa.text("UPDATE territory SET version = version + 1 WHERE tenant = :tenant RETURNING version")


async def lock(connection: AsyncConnection, tenant: str) -> int:
    """Return the version of the county's data, which nobody else changes until the transaction ends."""
    await connection.execute(_BEGIN, {"tenant": tenant})
    statement = sa.select(territory.c.version).where(territory.c.tenant == tenant).with_for_update()
    return int((await connection.execute(statement)).scalar_one())


async def version(connection: AsyncConnection, tenant: str) -> int:
    """Return the version of the county's data; 0 where there is none."""
    statement = sa.select(territory.c.version).where(territory.c.tenant == tenant)
    return int((await connection.execute(statement)).scalar() or 0)


async def touch(connection: AsyncConnection, tenant: str) -> int:
    """Count a change, so that routing reads the county again; return the new version."""
    return int((await connection.execute(_TOUCH, {"tenant": tenant})).scalar_one())


async def known(connection: AsyncConnection, table: sa.Table, tenant: str, codes: Collection[str]) -> set[str]:
    """Return those of the `codes` that `table` has."""
    statement = sa.select(table.c.code).where(table.c.tenant == tenant, table.c.code.in_(codes))
    return set((await connection.execute(statement)).scalars())


async def put(connection: AsyncConnection, table: sa.Table, key: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """Write the row of `key` (tenant and code), and say whether it is new. It is no scenery of a demonstration."""
    changed = {**values, "generated": False}
    statement = insert(table).values(**key, **changed).on_conflict_do_update(index_elements=list(key), set_=changed)
    return bool((await connection.execute(statement.returning(sa.literal_column("xmax = 0")))).scalar_one())


async def put_members(connection: AsyncConnection, tenant: str, team: str, members: Sequence[Row]) -> None:
    """Make `members` the members of a team, and nobody else."""
    columns = team_member.c
    await connection.execute(sa.delete(team_member).where(columns.tenant == tenant, columns.team == team))
    if members:
        rows = [{"tenant": tenant, "team": team, **member} for member in members]
        await connection.execute(sa.insert(team_member), rows)


async def remove(connection: AsyncConnection, table: sa.Table, key: Mapping[str, str]) -> bool:
    """Remove the row of `key`, and say whether there was one. IntegrityError where others refer to it."""
    conditions = [table.c[name] == value for name, value in key.items()]
    return bool((await connection.execute(sa.delete(table).where(*conditions))).rowcount)


async def has_cases(connection: AsyncConnection, tenant: str, team: str) -> bool:
    """Say whether a team has ever had a case that is still with it."""
    columns = dispatch_case.c
    statement = sa.select(sa.exists().where(columns.tenant == tenant, columns.team == team))
    return bool((await connection.execute(statement)).scalar_one())


async def grids_in_force(connection: AsyncConnection, tenant: str) -> Sequence[Row]:
    """Return all grids in force."""
    return as_rows(await connection.execute(sa.select(grid).where(grid.c.tenant == tenant, grid.c.in_force)))


async def grid_versions(connection: AsyncConnection, tenant: str, code: str) -> Sequence[Row]:
    """Return every version of a grid, the newest first."""
    statement = sa.select(grid).where(grid.c.tenant == tenant, grid.c.code == code).order_by(grid.c.version.desc())
    return as_rows(await connection.execute(statement))


async def retire(connection: AsyncConnection, tenant: str, codes: Collection[str], now: datetime) -> None:
    """Put the present versions of grids out of force; cases that were routed by them keep them."""
    conditions = (grid.c.tenant == tenant, grid.c.code.in_(codes), grid.c.in_force)
    await connection.execute(sa.update(grid).where(*conditions).values(in_force=False, until=now))


async def draw(connection: AsyncConnection, tenant: str, rows: Sequence[Row], now: datetime) -> None:
    """Put new versions of grids in force, each one higher than the last; their codes must have no version in force."""
    codes = [row["code"] for row in rows]
    latest = sa.select(grid.c.code, sa.func.max(grid.c.version)).where(grid.c.tenant == tenant, grid.c.code.in_(codes))
    versions = {row[0]: row[1] for row in await connection.execute(latest.group_by(grid.c.code))}
    made = {"tenant": tenant, "in_force": True, "since": now, "generated": False}
    await connection.execute(
        sa.insert(grid), [{**row, **made, "version": versions.get(row["code"], 0) + 1} for row in rows]
    )
