"""Planned duties that were not done as planned: nobody came, or came late, or left early."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.attendance import LATEST, Absence
from dispatch_service.persistence import rosters
from dispatch_service.persistence.roster_tables import duty, duty_request
from dispatch_service.persistence.rosters import DutyFilter
from dispatch_service.persistence.rows import Row, as_rows

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceFilter:
    """Which absences: of duties that begin from `begin` until before `end`."""

    begin: datetime
    end: datetime
    duties: DutyFilter
    reason: Absence | None = None
    grace: timedelta = timedelta()
    """So late, and so early, is in time."""


async def page(
    connection: AsyncConnection,
    tenant: str,
    wanted: AbsenceFilter,
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` duties behind `after` in the order of their begin, with `reasons` and what is `asked`."""
    columns = duty.c
    found = _reasons(wanted.grace, now)
    asked = sa.select(duty_request.c.kind).where(
        duty_request.c.tenant == tenant, duty_request.c.duty == columns.id, duty_request.c.state == "pending"
    )
    statement = sa.select(
        duty,
        *(sa.func.coalesce(each, False).label(name) for name, each in found.items()),
        asked.scalar_subquery().label("asked"),
    ).where(
        columns.tenant == tenant,
        columns.begins_at >= wanted.begin,
        columns.begins_at < wanted.end,
        *rosters.conditions(wanted.duties),
        sa.or_(*found.values()) if wanted.reason is None else found[wanted.reason],
    )
    if after is not None:
        statement = statement.where(sa.tuple_(columns.begins_at, columns.id) > sa.tuple_(*map(sa.literal, after)))
    rows = as_rows(await connection.execute(statement.order_by(columns.begins_at, columns.id).limit(size)))
    return [{**row, "reasons": [name for name in found if row[name]]} for row in rows]


def _reasons(grace: timedelta, now: datetime) -> dict[Absence, sa.ColumnElement[bool]]:
    """Return the condition of each reason; minutes are whole, as those that are shown."""
    columns = duty.c
    never, missed = columns.clocked_in_at.is_(None), grace + _MINUTE
    return {
        "absent": sa.and_(never, columns.ends_at <= now),
        "not_clocked_in": sa.and_(never, columns.ends_at > now, columns.begins_at <= now - missed),
        "late": columns.clocked_in_at >= columns.begins_at + missed,
        "left_early": columns.clocked_out_at <= columns.ends_at - missed,
        "not_clocked_out": sa.and_(~never, columns.clocked_out_at.is_(None), columns.ends_at <= now - LATEST),
    }
