"""Lists of places and teams, in the order of their codes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import community, department, grid, post, team, team_member

Wanted = Mapping[str, str | None]
"""Column names and the value that each must have; None leaves the list as it is."""


async def communities(
    connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int
) -> Sequence[Row]:
    """Return up to `size` communities with a code over `after`."""
    return await _page(connection, sa.select(community), community, tenant, wanted, after, size)


async def grids(connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int) -> Sequence[Row]:
    """Return up to `size` grids in force with a code over `after`."""
    return await _page(connection, sa.select(grid).where(grid.c.in_force), grid, tenant, wanted, after, size)


async def posts(connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int) -> Sequence[Row]:
    """Return up to `size` posts, stations and other places with a code over `after`."""
    return await _page(connection, sa.select(post), post, tenant, wanted, after, size)


async def teams(connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int) -> Sequence[Row]:
    """Return up to `size` teams with a code over `after`, the duty desk among them."""
    return await _page(connection, sa.select(team), team, tenant, wanted, after, size)


async def departments(
    connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int
) -> Sequence[Row]:
    """Return up to `size` departments with a code over `after`."""
    return await _page(connection, sa.select(department), department, tenant, wanted, after, size)


async def members(connection: AsyncConnection, tenant: str, codes: Sequence[str]) -> Mapping[str, list[Row]]:
    """Return the members of each of the teams `codes`, in the order of their subjects."""
    statement = (
        sa.select(team_member)
        .where(team_member.c.tenant == tenant, team_member.c.team.in_(codes))
        .order_by(team_member.c.subject)
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in as_rows(await connection.execute(statement)):
        found[row["team"]].append(row)
    return found


async def _page(
    connection: AsyncConnection,
    statement: sa.Select[tuple[object, ...]],
    table: sa.Table,
    tenant: str,
    wanted: Wanted,
    after: str,
    size: int,
) -> Sequence[Row]:
    conditions = [table.c[name] == value for name, value in wanted.items() if value is not None]
    statement = statement.where(table.c.tenant == tenant, table.c.code > after, *conditions)
    rows = await connection.execute(statement.order_by(table.c.code).limit(size))
    return as_rows(rows)
