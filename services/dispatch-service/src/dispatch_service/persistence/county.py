"""Changes of places and teams. Whoever changes a county holds its row of `territory`, so changes come one by one."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence import reference
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import grid, team_member, territory

_MEMBER = ("subject", "role")
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


async def put_all(connection: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write many rows with the same columns in one statement, new or not, as `put` writes one."""
    made = [{**row, "generated": False} for row in rows]
    keys = [column.name for column in table.primary_key]
    columns, key = ", ".join(made[0]), ", ".join(keys)
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in made[0] if name not in keys)
    statement = sa.text(f"""
        INSERT INTO {table.name} ({columns})
        SELECT {columns} FROM jsonb_populate_recordset(CAST(NULL AS {table.name}), CAST(:rows AS jsonb))
        ON CONFLICT ({key}) DO UPDATE SET {changes}
    """)
    await connection.execute(statement, {"rows": json.dumps(made)})


async def put_members(connection: AsyncConnection, tenant: str, team: str, members: Sequence[Row]) -> None:
    """Make `members` the members of a team, and nobody else."""
    await replace_members(connection, tenant, [team], [{"team": team, **member} for member in members])


async def replace_members(
    connection: AsyncConnection, tenant: str, teams: Collection[str], members: Sequence[Row]
) -> None:
    """Make `members`, each with their `team`, the members of the `teams`, and nobody else."""
    columns = team_member.c
    await connection.execute(sa.delete(team_member).where(columns.tenant == tenant, columns.team.in_(teams)))
    if members:
        await connection.execute(sa.insert(team_member), [{"tenant": tenant, **member} for member in members])


async def remove(connection: AsyncConnection, table: sa.Table, key: Mapping[str, str]) -> Row | None:
    """Remove the row of `key` and return it; None where there is none. IntegrityError where others refer to it."""
    conditions = [table.c[name] == value for name, value in key.items()]
    rows = as_rows(await connection.execute(sa.delete(table).where(*conditions).returning(table)))
    return rows[0] if rows else None


async def all_rows(connection: AsyncConnection, table: sa.Table, tenant: str) -> Sequence[Row]:
    """Return all rows of the tenant."""
    return as_rows(await connection.execute(sa.select(table).where(table.c.tenant == tenant)))


async def some_rows(
    connection: AsyncConnection, table: sa.Table, tenant: str, key: str, values: Collection[str]
) -> Sequence[Row]:
    """Return the rows of the tenant that have one of the `values` in the column `key`."""
    chosen = table.c[key] == sa.any_(sa.bindparam("values", list(values), sa.ARRAY(sa.Text)))
    return as_rows(await connection.execute(sa.select(table).where(table.c.tenant == tenant, chosen)))


async def with_members(connection: AsyncConnection, tenant: str, teams: Sequence[Row]) -> Sequence[Row]:
    """Return the rows of teams with their `members`: subject and role of each."""
    members = await reference.members(connection, tenant, [row["code"] for row in teams])
    return [
        {**row, "members": [{name: each[name] for name in _MEMBER} for each in members.get(row["code"], [])]}
        for row in teams
    ]


async def is_named(connection: AsyncConnection, tenant: str, column: sa.Column[Any], code: str) -> bool:
    """Say whether a row of the tenant has that code in the `column`, such as the team of a case."""
    statement = sa.select(sa.exists().where(column.table.c.tenant == tenant, column == code))
    return bool((await connection.execute(statement)).scalar_one())


async def grids_in_force(connection: AsyncConnection, tenant: str) -> Sequence[Row]:
    """Return all grids in force."""
    return as_rows(await connection.execute(sa.select(grid).where(grid.c.tenant == tenant, grid.c.in_force)))


async def grids_of(
    connection: AsyncConnection, tenant: str, communities: Collection[str]
) -> Mapping[str, Sequence[Row]]:
    """Return the grids in force of each of the communities."""
    conditions = (grid.c.tenant == tenant, grid.c.in_force, grid.c.community.in_(communities))
    found: dict[str, list[Row]] = defaultdict(list)
    for row in as_rows(await connection.execute(sa.select(grid).where(*conditions).order_by(grid.c.code))):
        found[row["community"]].append(row)
    return found


async def newest_grids(connection: AsyncConnection, tenant: str, codes: Collection[str]) -> Mapping[str, Row]:
    """Return the newest version of each of the grids, in force or not, by its code."""
    statement = sa.select(grid).where(grid.c.tenant == tenant, grid.c.code.in_(codes)).order_by(grid.c.version)
    return {row["code"]: row for row in as_rows(await connection.execute(statement))}


async def grid_versions(connection: AsyncConnection, tenant: str, code: str) -> Sequence[Row]:
    """Return every version of a grid, the newest first."""
    statement = sa.select(grid).where(grid.c.tenant == tenant, grid.c.code == code).order_by(grid.c.version.desc())
    return as_rows(await connection.execute(statement))


async def retire(connection: AsyncConnection, tenant: str, codes: Collection[str], now: datetime) -> Sequence[Row]:
    """Put the present versions of grids out of force, and return them; cases that were routed by them keep them."""
    conditions = (grid.c.tenant == tenant, grid.c.code.in_(codes), grid.c.in_force)
    statement = sa.update(grid).where(*conditions).values(in_force=False, until=now)
    return as_rows(await connection.execute(statement.returning(grid)))


async def draw(connection: AsyncConnection, tenant: str, rows: Sequence[Row], now: datetime) -> Sequence[Row]:
    """Put new versions of grids in force, each one higher than the last, and return them.

    Their codes must have no version in force.
    """
    codes = [row["code"] for row in rows]
    latest = sa.select(grid.c.code, sa.func.max(grid.c.version)).where(grid.c.tenant == tenant, grid.c.code.in_(codes))
    versions = {row[0]: row[1] for row in await connection.execute(latest.group_by(grid.c.code))}
    made = {"tenant": tenant, "in_force": True, "since": now, "generated": False}
    drawn = [{**row, **made, "version": versions.get(row["code"], 0) + 1} for row in rows]
    await connection.execute(sa.insert(grid), drawn)
    return drawn
