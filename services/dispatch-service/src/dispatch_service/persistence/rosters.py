"""Shifts and duties. Whoever plans holds the county's row of `territory`, so that no two plans cross."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.attendance import Presence
from dispatch_service.domain.roster import Hours
from dispatch_service.persistence.roster_tables import duty, shift
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import post, team, team_member

LONGEST = timedelta(days=1)
"""No shift is longer, so no duty that began earlier can still go on."""
_OF_COMMUNITY = sa.select(team.c.code).where(team.c.tenant == duty.c.tenant)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFilter:
    """What a roster is narrowed down to; None leaves it as it is."""

    begins_from: datetime | None = None
    """Duties that end after this moment."""
    begins_to: datetime | None = None
    """Duties that begin before this moment."""
    team: str | None = None
    post: str | None = None
    community: str | None = None
    """Of the team."""
    subject: str | None = None
    shift: str | None = None
    state: str | None = None


async def shifts(connection: AsyncConnection, tenant: str) -> Sequence[Row]:
    """Return all shifts in the order of their begin."""
    statement = sa.select(shift).where(shift.c.tenant == tenant).order_by(shift.c.begins, shift.c.code)
    return as_rows(await connection.execute(statement))


async def hours(connection: AsyncConnection, tenant: str) -> dict[str, Hours]:
    """Return the hours of each shift."""
    return {row["code"]: Hours(row["begins"], row["ends"]) for row in await shifts(connection, tenant)}


async def members(connection: AsyncConnection, tenant: str, code: str) -> set[str]:
    """Return the subjects of a team's members."""
    columns = team_member.c
    statement = sa.select(columns.subject).where(columns.tenant == tenant, columns.team == code)
    return set((await connection.execute(statement)).scalars())


async def posts(connection: AsyncConnection, tenant: str, codes: Collection[str]) -> set[str]:
    """Return those of the `codes` that are posts."""
    statement = sa.select(post.c.code).where(post.c.tenant == tenant, post.c.code.in_(codes))
    return set((await connection.execute(statement)).scalars())


async def lock_days(connection: AsyncConnection, tenant: str, team_code: str, first: date, last: date) -> Sequence[Row]:
    """Return a team's duties of the days from `first` to `last`, locked in the order of their ids."""
    columns = duty.c
    conditions = [columns.tenant == tenant, columns.team == team_code, columns.day.between(first, last)]
    statement = sa.select(duty).where(*conditions).order_by(columns.id)
    return as_rows(await connection.execute(statement.with_for_update()))


async def remove(connection: AsyncConnection, tenant: str, ids: Collection[UUID]) -> None:
    """Remove duties."""
    given = sa.bindparam("ids", list(ids), sa.ARRAY(sa.Uuid))
    await connection.execute(sa.delete(duty).where(duty.c.tenant == tenant, duty.c.id == sa.any_(given)))


async def end_leave(connection: AsyncConnection, tenant: str, team_code: str, duties: Sequence[Row]) -> None:
    """Remove a team's duties on leave that touch the time of one of the new `duties`, of the same officer."""
    columns = duty.c
    for row in duties:
        conditions = (columns.tenant == tenant, columns.team == team_code, columns.subject == row["subject"])
        touching = (columns.begins_at < row["ends_at"], columns.ends_at > row["begins_at"])
        await connection.execute(sa.delete(duty).where(*conditions, *touching, columns.state == "leave"))


async def taken(
    connection: AsyncConnection,
    tenant: str,
    subjects: Collection[str],
    begins: datetime,
    ends: datetime,
    *,
    state: str = "planned",
) -> Sequence[Row]:
    """Return the planned duties of `subjects`, or those on leave, that touch the time from `begins` to `ends`."""
    columns = duty.c
    statement = sa.select(duty).where(
        columns.tenant == tenant,
        columns.subject.in_(subjects),
        columns.state == state,
        columns.begins_at < ends,
        columns.ends_at > begins,
    )
    return as_rows(await connection.execute(statement))


async def add(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """Write new duties."""
    if rows:
        await connection.execute(sa.insert(duty), [dict(row) for row in rows])


async def lock(connection: AsyncConnection, tenant: str, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return duties by id, locked in the order of their ids until the transaction ends."""
    statement = sa.select(duty).where(duty.c.tenant == tenant, duty.c.id.in_(ids)).order_by(duty.c.id)
    return {row["id"]: row for row in as_rows(await connection.execute(statement.with_for_update()))}


async def change(connection: AsyncConnection, duty_id: UUID, **values: Any) -> None:
    """Change a duty that is locked."""
    await connection.execute(sa.update(duty).where(duty.c.id == duty_id).values(**values))


async def change_all(connection: AsyncConnection, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Give locked duties the values that `rows` have of the columns `names`."""
    if rows:
        statement = sa.update(duty).where(duty.c.id == sa.bindparam("of"))
        statement = statement.values({name: sa.bindparam(f"new_{name}") for name in names})
        values = [{"of": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
        await connection.execute(statement, values)


async def page(
    connection: AsyncConnection, tenant: str, wanted: DutyFilter, *, after: tuple[datetime, UUID] | None, size: int
) -> Sequence[Row]:
    """Return up to `size` duties behind `after` in the order of their begin."""
    columns = duty.c
    statement = sa.select(duty).where(columns.tenant == tenant, *conditions(wanted))
    if after is not None:
        statement = statement.where(sa.tuple_(columns.begins_at, columns.id) > sa.tuple_(*map(sa.literal, after)))
    rows = await connection.execute(statement.order_by(columns.begins_at, columns.id).limit(size))
    return as_rows(rows)


async def has_planned(connection: AsyncConnection, tenant: str, team_code: str, now: datetime) -> bool:
    """Say whether a team has planned duties that are not over; leave is none."""
    wanted = DutyFilter(team=team_code, begins_from=now, state="planned")
    return bool(await page(connection, tenant, wanted, after=None, size=1))


async def at(
    connection: AsyncConnection,
    tenant: str,
    wanted: DutyFilter,
    moment: datetime,
    *,
    presence: Presence | None = None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` duties that have begun and not ended at a moment, by team, post and officer.

    Each says with its `presence` whether the officer had come by then, or not, or had left; it narrows them down.
    """
    columns = duty.c
    goes_on = (columns.tenant == tenant, columns.begins_at <= moment, columns.begins_at > moment - LONGEST)
    stands = sa.case(
        (columns.clocked_out_at <= moment, "left"), (columns.clocked_in_at <= moment, "present"), else_="not_clocked_in"
    )
    statement = sa.select(duty, stands.label("presence")).where(*goes_on, *conditions(replace(wanted, begins_to=None)))
    if presence is not None:
        statement = statement.where(stands == presence)
    rows = await connection.execute(statement.order_by(columns.team, columns.post, columns.subject).limit(size))
    return as_rows(rows)


def conditions(wanted: DutyFilter) -> list[sa.ColumnElement[bool]]:
    """Return what a filter asks of a duty."""
    columns = duty.c
    found = [
        columns[name] == getattr(wanted, name)
        for name in ("team", "post", "subject", "shift", "state")
        if getattr(wanted, name) is not None
    ]
    if wanted.community is not None:
        found.append(columns.team.in_(_OF_COMMUNITY.where(team.c.community == wanted.community)))
    if wanted.begins_from is not None:
        found.append(columns.ends_at > wanted.begins_from)
    if wanted.begins_to is not None:
        found.append(columns.begins_at < wanted.begins_to)
    return found


async def presence(connection: AsyncConnection, tenant: str, begin: datetime, end: datetime) -> Sequence[Row]:
    """Return when which teams had somebody on duty, by duties that begin from `begin` until `end`; leave is none."""
    columns = (duty.c.team, duty.c.begins_at, duty.c.ends_at)
    statement = (
        sa.select(*columns)
        .distinct()
        .where(duty.c.tenant == tenant, duty.c.state == "planned", duty.c.begins_at.between(begin, end))
    )
    return as_rows(await connection.execute(statement))
