"""Lists of cases.

Newest complaint first, a page never shifts while others work, since its key never changes. By a time, a case moves when
that does, and one that has none is not in the list; by distance, one that has no place is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import ENDED, Status
from dispatch_service.domain.case import RUNNING
from dispatch_service.domain.clocks import Light
from dispatch_service.domain.limits import Grade
from dispatch_service.domain.rectification import Reinspection
from dispatch_service.domain.routing import Point
from dispatch_service.domain.standing import DONE, GOING_ON
from dispatch_service.persistence.cases import SELECT
from dispatch_service.persistence.distances import metres_from
from dispatch_service.persistence.life_tables import HAS_UNKNOWN_PHOTOS
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.stage_columns import ESCALATION, IS_OPEN
from dispatch_service.persistence.tables import case_support, dispatch_case, supervision_order
from eventbus.janitor import first_id_at
from operations.filters import BoundingBox

Order: TypeAlias = Literal["received", "deadline", "distance", "reinspection"]
Escalation: TypeAlias = Literal["80", "100", "200"]
"""The highest level that was announced of a stage which is not over."""
Supervision: TypeAlias = Literal["open", "overdue"]
"""A supervision order that waits for its reply; one whose deadline is over as well."""
Mark: TypeAlias = tuple[datetime | int | None, UUID]
"""The last case of a page: the time or the distance that the list goes by, and its id."""
TIME_OF: Mapping[Order, str] = {"deadline": "promised_at", "reinspection": "rectify_until"}
"""The column that a list by a time goes by."""
_EXACT = ("number", "team", "grid", "community", "category", "source", "component", "grade", "reinspection", "assignee")
"""Filters that are looked for in the column of the same name."""
_CLOCKS_DIFFER = timedelta(days=1)
_NO_UNKNOWN_PHOTOS = f"NOT {HAS_UNKNOWN_PHOTOS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list is narrowed down to; None and an empty tuple leave it as it is."""

    statuses: tuple[Status, ...] = ()
    number: str | None = None
    """Of the complaint, the whole of it."""
    team: str | None = None
    grid: str | None = None
    community: str | None = None
    category: str | None = None
    source: str | None = None
    component: str | None = None
    bbox: BoundingBox | None = None
    updated_after: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """Exclusive, so that two periods side by side share no case."""
    grade: Grade | None = None
    light: Light | None = None
    overdue: bool | None = None
    escalation: Escalation | None = None
    supporting: str | None = None
    """A team that supports the lead."""
    reinspection: Reinspection | None = None
    supervision: Supervision | None = None
    unknown_photos: bool | None = None
    """Whether the work names photos that intake does not have."""
    assignee: str | None = None
    mine: bool = False
    teams: frozenset[str] | None = None
    subject: str | None = None
    """Of the caller, for `mine`, as `teams` are: cases of these teams that are the subject's or nobody's."""
    near: Point | None = None
    sort: Order = "received"


_CASE = dispatch_case.c
_AT = sa.bindparam("at", type_=sa.DateTime(timezone=True))
_STANDS_AT = sa.case(
    (
        _CASE.status.in_(sorted(RUNNING)),
        sa.func.coalesce(_CASE.waiting_since, _AT),
    ),
    (_CASE.status == Status.SUSPENDED.value, _CASE.suspended_at),
    (_CASE.status.in_(sorted(DONE)), sa.func.least(_CASE.waiting_since, _CASE.resolved_at)),
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
    """Return up to `size` cases of `tenant` that come behind `after` in the order wanted, as they stand `at` then."""
    statement = select_page(tenant, wanted, after=after, size=size)
    return as_rows(await connection.execute(statement, {"at": at} if _depends_on_time(wanted) else {}))


def select_page(tenant: str, wanted: CaseFilter, *, after: Mark | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page; it takes the parameter `at` where that matters."""
    if wanted.sort == "distance":
        return _nearest(tenant, wanted, after, size)
    parts = _parts(wanted)
    if len(parts) == 1:
        return _select(tenant, wanted, parts[0], after).order_by(*_order(wanted)[1]).limit(size)
    return _newest_of(tenant, wanted, parts, after, size)


def _newest_of(
    tenant: str, wanted: CaseFilter, parts: Sequence[frozenset[Status]], after: Mark | None, size: int
) -> sa.Select[Any]:
    """Return the statement of a page that is looked for in several parts, each of which only says which cases."""
    newest = _CASE.complaint_id.desc()
    ids = [_select(tenant, wanted, part, after).with_only_columns(_CASE.complaint_id) for part in parts]
    both = sa.union_all(*(sa.select(each.order_by(newest).limit(size).subquery()) for each in ids)).subquery()
    page = sa.select(both).order_by(both.c.complaint_id.desc()).limit(size).subquery()
    rows = SELECT.join(page, page.c.complaint_id == _CASE.complaint_id).order_by(newest)
    return rows if wanted.near is None else rows.add_columns(metres_from(wanted.near).label("distance_metres"))


def _nearest(tenant: str, wanted: CaseFilter, after: Mark | None, size: int) -> sa.Select[Any]:
    """Return the statement of a page by distance: an index says which cases are on it, and only those rows are read."""
    cases = _select(tenant, wanted, frozenset(wanted.statuses), after).order_by(*_order(wanted)[1]).limit(size)
    page = cases.with_only_columns(_CASE.complaint_id, cases.selected_columns.distance_metres).subquery()
    rows = SELECT.add_columns(page.c.distance_metres).join(page, page.c.complaint_id == _CASE.complaint_id)
    return rows.order_by(page.c.distance_metres, page.c.complaint_id)


def _parts(wanted: CaseFilter) -> list[frozenset[Status]]:
    """Return the statuses of each statement that a page takes; none stands for any.

    What may be rare is looked for among the cases that go on, which are few, and those that have ended, which have
    indexes for it, each by itself; what was escalated has an index, and goes on.
    """
    statuses = frozenset(wanted.statuses)
    if (
        wanted.sort != "received"
        or wanted.escalation
        or not any((wanted.category, wanted.community, wanted.grid, wanted.bbox))
    ):
        return [statuses]
    parts = (GOING_ON, ENDED)
    return [part & statuses for part in parts if part & statuses] if statuses else list(parts)


def _select(tenant: str, wanted: CaseFilter, statuses: frozenset[Status], after: Mark | None) -> sa.Select[Any]:
    statement = SELECT.where(_CASE.tenant == tenant, *_conditions(wanted), *_period(wanted), *_timely(wanted))
    if wanted.escalation is not None:
        statement = statement.where(sa.text(f"{IS_OPEN} AND ({ESCALATION}) = {int(wanted.escalation)}"))
    if wanted.unknown_photos is not None:
        statement = statement.where(sa.text(HAS_UNKNOWN_PHOTOS if wanted.unknown_photos else _NO_UNKNOWN_PHOTOS))
    if wanted.supervision is not None:
        statement = statement.where(_CASE.complaint_id == sa.any_(_unanswered(tenant, wanted.supervision)))
    if statuses:
        # Written out in the statement, so that the database sees which index will do.
        values: sa.BindParameter[str] = sa.bindparam(
            "statuses", sorted(status.value for status in statuses), unique=True, expanding=True, literal_execute=True
        )
        statement = statement.where(_CASE.status.in_(values))
    if wanted.near is not None:
        statement = statement.add_columns(metres_from(wanted.near).label("distance_metres"))
    key, _ = _order(wanted)
    if wanted.sort != "received":
        statement = statement.where(_CASE[TIME_OF.get(wanted.sort, "lon")].is_not(None))
    if after is not None:
        statement = statement.where(
            _CASE.complaint_id < after[1]
            if key is None
            else sa.tuple_(key, _CASE.complaint_id) > sa.tuple_(*map(sa.literal, after))
        )
    return statement


def _order(wanted: CaseFilter) -> tuple[sa.ColumnElement[Any] | None, list[sa.ColumnElement[Any]]]:
    """Return what the order goes by, None for the id alone, and the order."""
    if wanted.sort in TIME_OF:
        time = _CASE[TIME_OF[wanted.sort]]
        return time, [time, _CASE.complaint_id]
    if wanted.sort == "distance" and wanted.near is not None:
        metres = metres_from(wanted.near)
        return metres, [metres, _CASE.complaint_id]
    return None, [_CASE.complaint_id.desc()]


def _depends_on_time(wanted: CaseFilter) -> bool:
    return wanted.light is not None or wanted.overdue is not None or wanted.supervision == "overdue"


def _timely(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.light is not None:
        conditions.append(_LIGHTS[wanted.light])
    if wanted.overdue is False:
        conditions.append(_LIGHTS["red"].is_not(True))
    if wanted.overdue:
        conditions += [_LIGHTS["red"], _CASE.promised_at < _AT]
    return conditions


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    columns = dispatch_case.c
    conditions: list[sa.ColumnElement[bool]] = []
    for name in _EXACT:
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(columns[name] == value)
    if wanted.teams is not None:
        conditions.append(columns.team.in_(sorted(wanted.teams)))
    if wanted.subject is not None:
        conditions.append(sa.or_(columns.assignee.is_(None), columns.assignee == wanted.subject))
    if wanted.supporting is not None:
        conditions.append(columns.complaint_id.in_(_supported_by(wanted.supporting)))
    return [*conditions, *_placed(wanted)]


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


def _placed(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    if wanted.bbox is None:
        return []
    # Written out in the statement: no one plan suits both a street and a county.
    west, south, east, north = (sa.literal(degrees, literal_execute=True) for degrees in wanted.bbox)
    return [_CASE.lon.between(west, east), _CASE.lat.between(south, north)]


def _supported_by(team: str) -> sa.Select[tuple[UUID]]:
    columns = case_support.c
    return sa.select(columns.complaint_id).where(columns.tenant == _CASE.tenant, columns.team == team)


def _unanswered(tenant: str, which: Supervision) -> sa.ColumnElement[Any]:
    """Return the ids of cases with such an order as an array, so that no plan goes through cases to look for orders."""
    columns = supervision_order.c
    ids = sa.select(columns.complaint_id).where(
        columns.tenant == tenant, columns.reply.is_(None), columns.withdrawn_at.is_(None)
    )
    return sa.func.array((ids if which == "open" else ids.where(columns.deadline < _AT)).scalar_subquery())
