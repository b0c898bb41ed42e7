"""Which teams support 协办 the lead of a locked case."""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.router import Helper
from dispatch_service.persistence.tables import case_support


async def teams(connection: AsyncConnection, case: Case) -> tuple[str, ...]:
    """Return the codes of the teams, in order."""
    statement = sa.select(case_support.c.team).where(_of(case)).order_by(case_support.c.team)
    return tuple((await connection.execute(statement)).scalars())


async def add(connection: AsyncConnection, case: Case, codes: Collection[str], actor: str, now: datetime) -> bool:
    """Let teams support the case, and say whether that is new for any of them."""
    if not codes:
        return False
    about = {"tenant": case.tenant, "complaint_id": case.complaint_id, "by": actor, "at": now}
    statement = insert(case_support).values([{**about, "team": code} for code in codes]).on_conflict_do_nothing()
    return bool((await connection.execute(statement.returning(case_support.c.team))).all())


async def remove(connection: AsyncConnection, case: Case, code: str) -> bool:
    """Let a team support the case no longer, and say whether it did."""
    statement = sa.delete(case_support).where(_of(case), case_support.c.team == code)
    return bool((await connection.execute(statement)).rowcount)


async def follow(connection: AsyncConnection, case: Case, helpers: Iterable[Helper], now: datetime) -> None:
    """Let those help whom rules name now, in place of whom they have named before; whom people have named stays.

    The team that leads helps no longer.
    """
    named = {helper.team.code: f"rule:{helper.rule}" for helper in helpers if helper.team.code != case.team}
    columns = case_support.c
    gone = sa.and_(columns.by.startswith("rule:"), sa.tuple_(columns.team, columns.by).not_in(list(named.items())))
    await connection.execute(sa.delete(case_support).where(_of(case), sa.or_(gone, columns.team == case.team)))
    for code, by in named.items():
        await add(connection, case, [code], by, now)


async def finish(connection: AsyncConnection, case: Case, code: str, actor: str, at: datetime) -> None:
    """Note that a supporting team has done its part; what was noted before in this round stays."""
    ours = sa.and_(_of(case), case_support.c.team == code, case_support.c.done_at.is_(None))
    await connection.execute(sa.update(case_support).where(ours).values(done_at=at, done_by=actor))


async def clear(connection: AsyncConnection, case: Case) -> None:
    """Let no team support the case any longer."""
    await connection.execute(sa.delete(case_support).where(_of(case)))


def _of(case: Case) -> sa.ColumnElement[bool]:
    return sa.and_(case_support.c.tenant == case.tenant, case_support.c.complaint_id == case.complaint_id)
