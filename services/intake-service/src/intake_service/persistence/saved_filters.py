"""Keeps filters that people have saved, for themselves and for roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.persistence.search_tables import saved_filter
from runtime.auth import Caller

_C = saved_filter.c
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:owner AS text), 74))")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A filter as it stands."""

    id: UUID
    tenant: str
    owner: str
    name: str
    roles: Sequence[str]
    content: Mapping[str, Any]
    version: int
    changed_at: datetime


def _usable(caller: Caller) -> list[sa.ColumnElement[bool]]:
    roles = sa.literal(sorted(caller.roles), ARRAY(sa.Text))
    shared = sa.cast(_C.roles, ARRAY(sa.Text)).op("&&", is_comparison=True)(roles)
    return [_C.tenant == caller.tenant, sa.or_(_C.owner == caller.subject, shared)]


async def find(
    connection: AsyncConnection, caller: Caller, filter_id: UUID, *, lock: bool = False
) -> SavedFilter | None:
    """Return a filter that `caller` may use, with `lock` until the transaction ends."""
    statement = sa.select(saved_filter).where(_C.id == filter_id, *_usable(caller))
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else SavedFilter(**row)


async def usable(
    connection: AsyncConnection, caller: Caller, *, after: tuple[str, UUID] | None, size: int
) -> Sequence[SavedFilter]:
    """Return up to `size` filters that `caller` may use, by name."""
    statement = sa.select(saved_filter).where(*_usable(caller))
    if after is not None:
        statement = statement.where(sa.tuple_(_C.name, _C.id) > sa.tuple_(*map(sa.literal, after)))
    rows = await connection.execute(statement.order_by(_C.name, _C.id).limit(size))
    return [SavedFilter(**row) for row in rows.mappings()]


async def count(connection: AsyncConnection, tenant: str, owner: str) -> int:
    """Return how many filters somebody has saved; nobody else names one of them until the transaction ends."""
    await _alone(connection, tenant, owner)
    mine = sa.select(sa.func.count()).where(_C.tenant == tenant, _C.owner == owner)
    return int(await connection.scalar(mine) or 0)


async def add(connection: AsyncConnection, new: SavedFilter) -> bool:
    """Save a filter; False where its owner has one of this name."""
    values = {each: getattr(new, each) for each in _C.keys()}  # noqa: SIM118 - a collection of columns is no mapping
    statement = insert(saved_filter).values(**values).on_conflict_do_nothing(constraint="saved_filter_name")
    return bool((await connection.execute(statement)).rowcount)


async def replace(connection: AsyncConnection, new: SavedFilter) -> bool:
    """Write a locked filter anew; False where its owner has another of this name."""
    await _alone(connection, new.tenant, new.owner)
    other = sa.select(_C.id).where(_C.tenant == new.tenant, _C.owner == new.owner, _C.name == new.name, _C.id != new.id)
    if await connection.scalar(other) is not None:
        return False
    facts = {each: getattr(new, each) for each in ("name", "roles", "content", "version", "changed_at")}
    await connection.execute(sa.update(saved_filter).where(_C.tenant == new.tenant, _C.id == new.id).values(**facts))
    return True


async def remove(connection: AsyncConnection, tenant: str, filter_id: UUID) -> None:
    """Delete a filter."""
    await connection.execute(sa.delete(saved_filter).where(_C.tenant == tenant, _C.id == filter_id))


async def _alone(connection: AsyncConnection, tenant: str, owner: str) -> None:
    await connection.execute(_ONE_AT_A_TIME, {"owner": f"{tenant}/{owner}"})
