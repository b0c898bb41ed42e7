"""Components 部件: lists of them, and the one that a case is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.case import Case
from dispatch_service.domain.plane import METRES_PER_DEGREE
from dispatch_service.domain.routing import Point
from dispatch_service.persistence.distances import metres_from
from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import component, department, dispatch_case
from operations.filters import BoundingBox

_COMPONENT = component.c
Mark = tuple[int | None, str]
"""The last component of a page: its distance, where the list goes by that, and its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFilter:
    """What a list is narrowed down to; None leaves it as it is. With `near`, up to `metres` away, nearest first."""

    class_code: str | None = None
    owner: str | None = None
    state: str | None = None
    bbox: BoundingBox | None = None
    near: Point | None = None
    metres: int = 0


async def page(
    connection: AsyncConnection, tenant: str, wanted: ComponentFilter, *, after: Mark | None, size: int
) -> Sequence[Row]:
    """Return up to `size` components behind `after`: in the order of their codes, or nearest first with the metres."""
    statement = sa.select(component).where(_COMPONENT.tenant == tenant, *_conditions(wanted)).limit(size)
    if wanted.near is None:
        beyond = [] if after is None else [_COMPONENT.code > after[1]]
        return as_rows(await connection.execute(statement.where(*beyond).order_by(_COMPONENT.code)))
    metres = metres_from(wanted.near, component)
    nearest = statement.add_columns(metres.label("distance_metres")).where(
        metres <= wanted.metres, *_within(_around(wanted.near, wanted.metres))
    )
    if after is not None:
        nearest = nearest.where(sa.tuple_(metres, _COMPONENT.code) > sa.tuple_(*map(sa.literal, after)))
    return as_rows(await connection.execute(nearest.order_by(metres, _COMPONENT.code)))


async def find(connection: AsyncConnection, tenant: str, code: str) -> Row | None:
    """Return a component, or None."""
    statement = sa.select(component).where(_COMPONENT.tenant == tenant, _COMPONENT.code == code)
    rows = as_rows(await connection.execute(statement))
    return rows[0] if rows else None


async def hold(connection: AsyncConnection, tenant: str, code: str) -> bool:
    """Say whether there is such a component, which stays until the transaction ends."""
    statement = sa.select(_COMPONENT.code).where(_COMPONENT.tenant == tenant, _COMPONENT.code == code)
    held = await connection.execute(statement.with_for_update(read=True, key_share=True))
    return held.one_or_none() is not None


async def owner_of(connection: AsyncConnection, case: Case) -> str | None:
    """Return the department that owns what a case is about; None where it is about nothing, or nobody knows."""
    statement = sa.select(_COMPONENT.owner).where(_COMPONENT.tenant == case.tenant, _COMPONENT.code == case.component)
    return (await connection.execute(statement)).scalar()


def owner_of_cases() -> sa.ColumnElement[Any]:
    """Return code and name of that department, for each case of the statement around it."""
    named = (sa.text("'code'"), department.c.code, sa.text("'name'"), department.c.name)
    owner = (
        sa.select(sa.func.jsonb_build_object(*named))
        .join(component, sa.and_(_COMPONENT.tenant == department.c.tenant, _COMPONENT.owner == department.c.code))
        .where(_COMPONENT.tenant == dispatch_case.c.tenant, _COMPONENT.code == dispatch_case.c.component)
        .correlate(dispatch_case)
        .scalar_subquery()
    )
    return sa.type_coerce(owner, JSONB)


def _conditions(wanted: ComponentFilter) -> list[sa.ColumnElement[bool]]:
    values = {name: getattr(wanted, name) for name in ("class_code", "owner", "state")}
    conditions = [_COMPONENT[name] == value for name, value in values.items() if value is not None]
    return conditions if wanted.bbox is None else [*conditions, *_within(wanted.bbox)]


def _within(box: BoundingBox) -> list[sa.ColumnElement[bool]]:
    west, south, east, north = box
    return [_COMPONENT.lon.between(west, east), _COMPONENT.lat.between(south, north)]


def _around(point: Point, metres: int) -> BoundingBox:
    """Return a box that has all that is so near, which an index finds."""
    lon, lat = point
    north = (metres + 1) / METRES_PER_DEGREE
    east = north / max(cos(radians(lat)), 0.01)
    return lon - east, lat - north, lon + east, lat + north
