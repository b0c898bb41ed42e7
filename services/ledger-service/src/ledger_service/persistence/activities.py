"""Writes and reads activities."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import copy
from ledger_service.domain.activity import Activity, Facts
from ledger_service.persistence.tables import activity
from operations.filters import BoundingBox

_FACTS = tuple(each.name for each in fields(Facts))
_OTHERS = tuple(each.name for each in fields(Activity) if each.name != "facts")
_COLUMNS = (*_OTHERS, *_FACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """What a list is narrowed down to; None leaves it as it is."""

    kind: str | None = None
    community: str | None = None
    grid: str | None = None
    team: str | None = None
    happened_from: datetime | None = None
    happened_to: datetime | None = None
    """Exclusive, so that two periods side by side share no activity."""
    bbox: BoundingBox | None = None
    voided: bool | None = None


async def add(connection: AsyncConnection, made: Sequence[Activity]) -> None:
    """Write new activities in one statement."""
    rows = [[values[name] for name in _COLUMNS] for values in map(_values, made)]
    await copy(connection, "activity", _COLUMNS, rows)


async def save(connection: AsyncConnection, changed: Activity) -> None:
    """Write an activity that has been locked."""
    key = (activity.c.tenant == changed.tenant, activity.c.id == changed.id)
    await connection.execute(sa.update(activity).where(*key).values(_values(changed)))


async def find(connection: AsyncConnection, tenant: str, activity_id: UUID, *, lock: bool = False) -> Activity | None:
    """Return an activity of `tenant`, or None; with `lock`, locked until the transaction ends."""
    statement = sa.select(activity).where(activity.c.tenant == tenant, activity.c.id == activity_id)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().one_or_none()
    return None if row is None else _activity(row)


async def page(
    connection: AsyncConnection,
    tenant: str,
    wanted: ActivityFilter,
    *,
    before: tuple[datetime, UUID] | None,
    size: int,
) -> Sequence[Activity]:
    """Return up to `size` activities of `tenant`, the last that happened first, from below `before` (time and id)."""
    conditions = [activity.c.tenant == tenant, *_conditions(wanted)]
    if before is not None:
        conditions.append(sa.tuple_(activity.c.happened_at, activity.c.id) < sa.tuple_(*map(sa.literal, before)))
    order = (activity.c.happened_at.desc(), activity.c.id.desc())
    rows = await connection.execute(sa.select(activity).where(*conditions).order_by(*order).limit(size))
    return [_activity(row) for row in rows.mappings()]


def _conditions(wanted: ActivityFilter) -> list[sa.ColumnElement[bool]]:
    columns = activity.c
    conditions = [
        columns[name] == getattr(wanted, name)
        for name in ("kind", "community", "grid", "team")
        if getattr(wanted, name) is not None
    ]
    if wanted.happened_from is not None:
        conditions.append(columns.happened_at >= wanted.happened_from)
    if wanted.happened_to is not None:
        conditions.append(columns.happened_at < wanted.happened_to)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        conditions += [columns.lon.between(west, east), columns.lat.between(south, north)]
    if wanted.voided is not None:
        conditions.append(columns.voided_at.is_not(None) if wanted.voided else columns.voided_at.is_(None))
    return conditions


def _values(made: Activity) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(made, name) for name in _OTHERS}
    return values | {name: getattr(made.facts, name) for name in _FACTS}


def _activity(row: sa.RowMapping) -> Activity:
    facts = {name: row[name] for name in _FACTS}
    facts["evidence"] = tuple(row["evidence"])
    return Activity(facts=Facts(**facts), **{name: row[name] for name in _OTHERS})
