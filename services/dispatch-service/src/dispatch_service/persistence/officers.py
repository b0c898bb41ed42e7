"""Officers with their roles in activities and their skills."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import officer, team_member

Wanted = Mapping[str, str | None]
"""`team`, `skill` and `role`; None leaves the list as it is."""


async def page(connection: AsyncConnection, tenant: str, wanted: Wanted, *, after: str, size: int) -> Sequence[Row]:
    """Return up to `size` officers with a subject over `after`, in the order of their subjects, with their `teams`."""
    statement = _with_teams().where(officer.c.tenant == tenant, officer.c.subject > after, *_conditions(wanted))
    return as_rows(await connection.execute(statement.order_by(officer.c.subject).limit(size)))


async def find(connection: AsyncConnection, tenant: str, subject: str) -> Row | None:
    """Return an officer with their `teams`, or None."""
    statement = _with_teams().where(officer.c.tenant == tenant, officer.c.subject == subject)
    rows = as_rows(await connection.execute(statement))
    return rows[0] if rows else None


async def teams_of(connection: AsyncConnection, tenant: str, subject: str) -> list[str]:
    """Return the codes of the teams that somebody is in, registered or not."""
    member = team_member.c
    statement = sa.select(member.team).where(member.tenant == tenant, member.subject == subject)
    return list((await connection.execute(statement.order_by(member.team))).scalars())


def _with_teams() -> sa.Select[tuple[object, ...]]:
    teams = (
        sa.select(team_member.c.team)
        .where(team_member.c.tenant == officer.c.tenant, team_member.c.subject == officer.c.subject)
        .order_by(team_member.c.team)
    )
    return sa.select(officer, sa.func.array(teams.scalar_subquery()).label("teams"))


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    for name, column in (("skill", officer.c.skills), ("role", officer.c.roles)):
        if (value := wanted.get(name)) is not None:
            conditions.append(column.contains([value]))
    if (team := wanted.get("team")) is not None:
        member = team_member.c
        is_member = sa.exists().where(
            member.tenant == officer.c.tenant, member.subject == officer.c.subject, member.team == team
        )
        conditions.append(is_member)
    return conditions
