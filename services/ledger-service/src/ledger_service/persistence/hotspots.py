"""Hot spots as they were last told of, what was told before, and how far each tenant is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.hotspots import Description, Ending, Hotspot, State, Trend
from ledger_service.persistence.categories import within
from ledger_service.persistence.tables import hotspot, hotspot_change
from operations.filters import BoundingBox

_DESCRIPTION = tuple(each.name for each in fields(Description))
_OTHERS = tuple(each.name for each in fields(Hotspot) if each.name != "description")
_MOST_CHANGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotFilter:
    """What a list is narrowed down to; None leaves it as it is."""

    state: State | None = None
    category: str | None = None
    """With all levels below it."""
    community: str | None = None
    grid: str | None = None
    active_from: datetime | None = None
    active_to: datetime | None = None
    bbox: BoundingBox | None = None


async def present(connection: AsyncConnection, tenant: str, *, ended_after: datetime) -> Sequence[Hotspot]:
    """Return the live hot spots of `tenant`, and those that ended after that moment, in whatever way."""
    columns = hotspot.c
    is_present = sa.or_(columns.state == State.LIVE, columns.ended_at > ended_after)
    statement = sa.select(hotspot).where(columns.tenant == tenant, is_present)
    return [_hotspot(row) for row in (await connection.execute(statement)).mappings()]


async def save(connection: AsyncConnection, changed: Sequence[Hotspot]) -> None:
    """Write hot spots whose tenant is locked, each with a line in its history."""
    if not changed:
        return
    statement = insert(hotspot)
    kept = {name: statement.excluded[name] for name in (*_OTHERS, *_DESCRIPTION) if name not in ("tenant", "id")}
    rows = [_values(each) for each in changed]
    await connection.execute(statement.on_conflict_do_update(index_elements=["tenant", "id"], set_=kept), rows)
    await connection.execute(sa.insert(hotspot_change), [_change(row) for row in rows])


async def find(connection: AsyncConnection, tenant: str, hotspot_id: UUID) -> Hotspot | None:
    """Return a hot spot of `tenant`, or None."""
    statement = sa.select(hotspot).where(hotspot.c.tenant == tenant, hotspot.c.id == hotspot_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _hotspot(row)


async def changes(
    connection: AsyncConnection, tenant: str, hotspot_id: UUID, *, version: int
) -> Sequence[Mapping[str, Any]]:
    """Return what was told of a hot spot up to a version, the newest first, 200 times at the most."""
    columns = hotspot_change.c
    statement = (
        sa.select(hotspot_change)
        .where(columns.tenant == tenant, columns.hotspot_id == hotspot_id, columns.version <= version)
        .order_by(columns.version.desc())
        .limit(_MOST_CHANGES)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def page(
    connection: AsyncConnection, tenant: str, wanted: HotspotFilter, *, before: UUID | None, size: int
) -> Sequence[Hotspot]:
    """Return up to `size` hot spots of `tenant`, the last detected first, from below the id `before`."""
    conditions = [hotspot.c.tenant == tenant, *_conditions(wanted)]
    if before is not None:
        conditions.append(hotspot.c.id < before)
    statement = sa.select(hotspot).where(*conditions).order_by(hotspot.c.id.desc()).limit(size)
    return [_hotspot(row) for row in (await connection.execute(statement)).mappings()]


def _conditions(wanted: HotspotFilter) -> list[sa.ColumnElement[bool]]:
    columns = hotspot.c
    conditions = [
        columns[name] == getattr(wanted, name)
        for name in ("state", "community", "grid")
        if getattr(wanted, name) is not None
    ]
    if wanted.category is not None:
        conditions.append(within(columns.category, wanted.category))
    if wanted.active_from is not None:
        conditions.append(columns.last_at >= wanted.active_from)
    if wanted.active_to is not None:
        conditions.append(columns.first_at < wanted.active_to)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        conditions += [columns.lon.between(west, east), columns.lat.between(south, north)]
    return conditions


def _values(spot: Hotspot) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(spot, name) for name in _OTHERS}
    return values | {name: getattr(spot.description, name) for name in _DESCRIPTION}


def _change(values: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in values.items() if name in hotspot_change.c}
    return {**told, "hotspot_id": values["id"], "at": values["changed_at"]}


def _hotspot(row: sa.RowMapping) -> Hotspot:
    described = {name: row[name] for name in _DESCRIPTION}
    described |= {name: tuple(described[name]) for name in ("evidence", "cells")} | {"trend": Trend(row["trend"])}
    others = {name: row[name] for name in _OTHERS}
    others |= {"state": State(row["state"]), "ending": row["ending"] and Ending(row["ending"])}
    return Hotspot(description=Description(**described), **others)
