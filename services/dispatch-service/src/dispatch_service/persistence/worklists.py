"""The open cases that an officer's teams lead or support, and which cases have left them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.routing import Point
from dispatch_service.persistence.distances import metres_from
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import case_support, dispatch_case

_WITH_THE_TEAM = "status IN ('assigned', 'accepted', 'in_progress', 'suspended')"
_NOWHERE = 2**31 - 1
"""Cases without a place come behind the others of their band."""
_CASE = dispatch_case.c
_AT = sa.bindparam("at", type_=sa.DateTime(timezone=True))
_SIZE = 5_000
SUMMARY_LENGTH = 60
_STANDS_AT = sa.func.coalesce(_CASE.waiting_since, _AT)
_BAND = sa.case(
    (_CASE.status == "suspended", 3), (_CASE.promised_at < _STANDS_AT, 0), (_CASE.warn_at < _STANDS_AT, 1), else_=2
)
_DUE = sa.func.coalesce(_CASE.promised_at, sa.text("timestamptz '9999-12-31'"))
_GONE = sa.text(f"""
    WITH gone AS (
        SELECT complaint_id FROM dispatch_case
        WHERE tenant = :tenant AND team = ANY(CAST(:teams AS text[])) AND updated_at > :since
          AND (NOT ({_WITH_THE_TEAM}) OR assignee <> CAST(:subject AS text))
        UNION
        SELECT complaint_id FROM case_support JOIN dispatch_case USING (tenant, complaint_id)
        WHERE tenant = :tenant AND case_support.team = ANY(CAST(:teams AS text[])) AND updated_at > :since
          AND NOT ({_WITH_THE_TEAM})
        UNION
        SELECT complaint_id FROM team_departure
        WHERE tenant = :tenant AND team = ANY(CAST(:teams AS text[])) AND at > :since AND complaint_id NOT IN (
            SELECT complaint_id FROM dispatch_case
            WHERE complaint_id = team_departure.complaint_id AND team = ANY(CAST(:teams AS text[]))
              AND {_WITH_THE_TEAM}))
    SELECT complaint_id FROM gone WHERE NOT EXISTS (
        SELECT FROM case_support JOIN dispatch_case AS c USING (tenant, complaint_id)
        WHERE tenant = :tenant AND complaint_id = gone.complaint_id AND c.team <> ALL(CAST(:teams AS text[]))
          AND case_support.team = ANY(CAST(:teams AS text[])) AND done_at IS NULL AND {_WITH_THE_TEAM})
    LIMIT :size
""")
_OLD = sa.text(f"""
    DELETE FROM team_departure WHERE (tenant, team, complaint_id) IN (
        SELECT tenant, team, complaint_id FROM team_departure WHERE at < :before ORDER BY at LIMIT {_SIZE})
""")


class Place(NamedTuple):
    """Where a case stands in a worklist: urgency (0 is red), metres, promised time, id."""

    band: int
    metres: int
    due: datetime
    complaint_id: UUID


def place_of(row: Row) -> Place:
    """Return where a row of `page` stands."""
    return Place(row["band"], row["order_metres"], row["due"], row["complaint_id"])


async def page(
    connection: AsyncConnection,
    tenant: str,
    teams: Collection[str],
    *,
    subject: str | None,
    near: Point | None,
    since: datetime | None,
    at: datetime,
    after: Place | None,
    size: int,
) -> Sequence[Row]:
    """Return up to `size` cases that `teams` lead or support, have changed since `since` and come behind `after`.

    With a `subject` of those that they lead only those that are the subject's or nobody's. What they support is theirs
    until their part is done.

    What is beyond its promised time at `at` comes first, then what has used up 80 % of it, then the rest, then what is
    suspended; in each the nearest first, and by promised time where `near` is not known.
    """
    metres = sa.null() if near is None else metres_from(near)
    changed = [] if since is None else [_CASE.updated_at > since]
    open_ones = sa.select(
        *(_CASE[name] for name in ("complaint_id", "number", "status", "version", "round", "team", "category")),
        *(_CASE[name] for name in ("grade", "lon", "lat", "address", "warn_at", "promised_at", "suspended_at")),
        _CASE.waiting_since,
        *(_CASE[name] for name in ("resolved_at", "officer", "assignee")),
        sa.func.left(_CASE.description, SUMMARY_LENGTH).label("summary"),
        _BAND.label("band"),
        sa.cast(metres, sa.Integer).label("metres"),
        sa.func.coalesce(sa.cast(metres, sa.Integer), _NOWHERE).label("order_metres"),
        _DUE.label("due"),
    ).where(_CASE.tenant == tenant, sa.text(_WITH_THE_TEAM), *changed)
    assigned = [] if subject is None else [sa.or_(_CASE.assignee.is_(None), _CASE.assignee == subject)]
    led = open_ones.where(_CASE.team.in_(sorted(teams)), *assigned)
    helped = open_ones.where(_CASE.team.not_in(sorted(teams)), _CASE.complaint_id.in_(_supported(tenant, teams)))
    mine = sa.union_all(
        led.add_columns(sa.literal("lead").label("role")), helped.add_columns(sa.literal("supporting").label("role"))
    ).subquery()
    order = (mine.c.band, mine.c.order_metres, mine.c.due, mine.c.complaint_id)
    statement = sa.select(mine).order_by(*order).limit(size)
    if after is not None:
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return as_rows(await connection.execute(statement, {"at": at}))


def _supported(tenant: str, teams: Collection[str]) -> sa.Select[tuple[UUID]]:
    columns = case_support.c
    return sa.select(columns.complaint_id).where(
        columns.tenant == tenant, columns.team.in_(sorted(teams)), columns.done_at.is_(None)
    )


async def gone(
    connection: AsyncConnection, tenant: str, teams: Collection[str], *, subject: str | None, since: datetime, size: int
) -> Sequence[UUID]:
    """Return up to `size` cases that the teams had, and that have left their worklists since.

    With a `subject` also those that are a colleague's now.
    """
    parameters = {"tenant": tenant, "teams": sorted(teams), "subject": subject, "since": since, "size": size}
    return (await connection.execute(_GONE, parameters)).scalars().all()


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove some of the departures before a moment, of all tenants."""
    await connection.execute(_OLD, {"before": before})
