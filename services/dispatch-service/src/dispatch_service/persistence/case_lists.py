"""Lists of cases.

Newest complaint first, a page never shifts while others work, since its key never changes. By deadline, a case moves
when its promised time does, and one that has none is not in the list; by distance, one that has no place is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.domain.clocks import Light
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.routing import Point
from dispatch_service.domain.standing import DONE, RUNNING
from dispatch_service.persistence.cases import SELECT
from dispatch_service.persistence.distances import metres_from
from dispatch_service.persistence.mobile_tables import OPEN
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import dispatch_case
from eventbus.janitor import first_id_at
from operations.filters import BoundingBox

Order: TypeAlias = Literal["received", "deadline", "distance"]
Mark: TypeAlias = tuple[datetime | int | None, UUID]
"""The last case of a page: its promised time or its distance, which the order goes by, and its id."""
OPEN_STATUSES = frozenset(Status) - DONE - {Status.WITHDRAWN}
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    statuses: tuple[Status, ...] = ()
    team: str | None = None
    grid: str | None = None
    community: str | None = None
    category: str | None = None
    source: str | None = None
    bbox: BoundingBox | None = None
    updated_after: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """Exclusive, so that two periods side by side share no case."""
    grade: Grade | None = None
    light: Light | None = None
    overdue: bool | None = None
    mine: bool = False
    teams: frozenset[str] | None = None
    """Of the caller, for `mine`."""
    near: Point | None = None
    sort: Order = "received"


_CASE = dispatch_case.c
_STANDS_AT = sa.case(
    (_CASE.status.in_(sorted(RUNNING)), sa.bindparam("at", type_=sa.DateTime(timezone=True))),
    (_CASE.status == Status.SUSPENDED.value, _CASE.suspended_at),
    (_CASE.status.in_(sorted(DONE)), _CASE.resolved_at),
)
"""As `domain.standing` says it; null where nothing can be said."""
_LIGHTS: Mapping[Light, sa.ColumnElement[bool]] = {
    "green": _CASE.warn_at >= _STANDS_AT,
    "yellow": sa.and_(_CASE.warn_at < _STANDS_AT, _CASE.promised_at >= _STANDS_AT),
    "red": _CASE.promised_at < _STANDS_AT,
}


async def page(
    connection: AsyncConnection, tenant: str, wanted: CaseFilter, *, after: Mark | None, size: int, at: datetime
) -> Sequence[Row]:
    """Return up to `size` cases of `tenant` that come behind `after` in the order wanted; lights are those of `at`."""
    statement = select_page(tenant, wanted, after=after, size=size)
    return as_rows(await connection.execute(statement, {"at": at} if _asks_for_light(wanted) else {}))


def select_page(tenant: str, wanted: CaseFilter, *, after: Mark | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page; it takes the parameter `at` where it asks for lights."""
    statement = SELECT.where(_CASE.tenant == tenant, *_conditions(wanted), *_period(wanted), *_timely(wanted))
    if wanted.near is not None:
        statement = statement.add_columns(metres_from(wanted.near).label("distance_metres"))
    key, order = _order(wanted)
    if key is not None:
        statement = statement.where(key.is_not(None))
    if after is not None:
        statement = statement.where(
            _CASE.complaint_id < after[1]
            if key is None
            else sa.tuple_(key, _CASE.complaint_id) > sa.tuple_(*map(sa.literal, after))
        )
    return statement.order_by(*order).limit(size)


def _order(wanted: CaseFilter) -> tuple[sa.ColumnElement[Any] | None, list[sa.ColumnElement[Any]]]:
    """Return what the order goes by, None for the id alone, and the order."""
    if wanted.sort == "deadline":
        return _CASE.promised_at, [_CASE.promised_at, _CASE.complaint_id]
    if wanted.sort == "distance" and wanted.near is not None:
        metres = metres_from(wanted.near)
        return metres, [metres, _CASE.complaint_id]
    return None, [_CASE.complaint_id.desc()]


def _asks_for_light(wanted: CaseFilter) -> bool:
    return wanted.light is not None or wanted.overdue is not None


def _timely(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.light is not None:
        conditions.append(_LIGHTS[wanted.light])
    if wanted.overdue is False:
        conditions.append(_LIGHTS["red"].is_not(True))
    if wanted.overdue:
        conditions += [_LIGHTS["red"], _CASE.promised_at < sa.bindparam("at", type_=sa.DateTime(timezone=True))]
    return conditions


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    columns = dispatch_case.c
    conditions: list[sa.ColumnElement[bool]] = []
    for name in ("team", "grid", "community", "category", "source", "grade"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(columns[name] == value)
    if wanted.teams is not None:
        conditions.append(columns.team.in_(sorted(wanted.teams)))
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        conditions += [columns.lon.between(west, east), columns.lat.between(south, north)]
    return [*conditions, *_of_statuses(wanted)]


def _of_statuses(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on the status; the words of OPEN tell the database that indexes of open cases will do."""
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(_CASE.status.in_([status.value for status in wanted.statuses]))
    if wanted.statuses and OPEN_STATUSES.issuperset(wanted.statuses):
        conditions.append(sa.text(OPEN))  # type: ignore[arg-type] # a text is a condition for `where`, but not by type
    return conditions


def _period(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on times. Ids tell when complaints came in, so a period is a stretch of the list."""
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.updated_after is not None:
        conditions.append(_CASE.updated_at > wanted.updated_after)
    if wanted.received_from is not None:
        conditions += [
            _CASE.received_at >= wanted.received_from,
            _CASE.complaint_id >= first_id_at(wanted.received_from - _CLOCKS_DIFFER),
        ]
    if wanted.received_to is not None:
        conditions += [
            _CASE.received_at < wanted.received_to,
            _CASE.complaint_id < first_id_at(wanted.received_to + _CLOCKS_DIFFER),
        ]
    return conditions
