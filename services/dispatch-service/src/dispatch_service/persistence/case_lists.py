"""Lists of cases.

Newest complaint first, a page never shifts while others work, since its key never changes. By a time, a case moves when
that does, and one that has none is not in the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import Status
from dispatch_service.domain.clocks import Light
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.rectification import Reinspection
from dispatch_service.domain.standing import DONE, RUNNING
from dispatch_service.persistence.cases import SELECT
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import case_support, dispatch_case
from operations.filters import BoundingBox

Order: TypeAlias = Literal["received", "deadline", "reinspection"]
Mark: TypeAlias = tuple[datetime | None, UUID]
"""The time that the list goes by, and the id of the last case of a page."""
TIME_OF: Mapping[Order, str] = {"deadline": "promised_at", "reinspection": "rectify_until"}
"""The column that a list by a time goes by."""


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
    supporting: str | None = None
    """A team that supports the lead."""
    reinspection: Reinspection | None = None
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
    statement = SELECT.where(_CASE.tenant == tenant, *_conditions(wanted), *_timely(wanted, at))
    if wanted.sort in TIME_OF:
        time = _CASE[TIME_OF[wanted.sort]]
        statement = statement.where(time.is_not(None)).order_by(time, _CASE.complaint_id)
        behind = sa.tuple_(time, _CASE.complaint_id) > sa.tuple_(*after) if after else None
    else:
        statement = statement.order_by(_CASE.complaint_id.desc())
        behind = _CASE.complaint_id < after[1] if after else None
    if behind is not None:
        statement = statement.where(behind)
    return as_rows(await connection.execute(statement.limit(size), {"at": at} if _asks_for_light(wanted) else {}))


def _asks_for_light(wanted: CaseFilter) -> bool:
    return wanted.light is not None or wanted.overdue is not None


def _timely(wanted: CaseFilter, at: datetime) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.light is not None:
        conditions.append(_LIGHTS[wanted.light])
    if wanted.overdue is False:
        conditions.append(_LIGHTS["red"].is_not(True))
    if wanted.overdue:
        conditions += [_LIGHTS["red"], _CASE.promised_at < at]
    return conditions


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    columns = dispatch_case.c
    conditions: list[sa.ColumnElement[bool]] = []
    for name in ("team", "grid", "community", "category", "source", "grade", "reinspection"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(columns[name] == value)
    if wanted.statuses:
        conditions.append(columns.status.in_([status.value for status in wanted.statuses]))
    if wanted.supporting is not None:
        conditions.append(columns.complaint_id.in_(_supported_by(wanted.supporting)))
    conditions += _placed(wanted)
    if wanted.updated_after is not None:
        conditions.append(columns.updated_at > wanted.updated_after)
    if wanted.received_from is not None:
        conditions.append(columns.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        conditions.append(columns.received_at < wanted.received_to)
    return conditions


def _placed(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    if wanted.bbox is None:
        return []
    west, south, east, north = wanted.bbox
    return [_CASE.lon.between(west, east), _CASE.lat.between(south, north)]


def _supported_by(team: str) -> sa.Select[tuple[UUID]]:
    columns = case_support.c
    return sa.select(columns.complaint_id).where(columns.tenant == _CASE.tenant, columns.team == team)
