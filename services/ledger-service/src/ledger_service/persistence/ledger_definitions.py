"""Keeps the classified ledgers that tenants define: each change is a version, and none is lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.ledger_definitions import Definition, shipped
from ledger_service.persistence.tables import named_ledger

_COLUMNS = named_ledger.c
_KEPT = (_COLUMNS.name, _COLUMNS.version, _COLUMNS.content, _COLUMNS.changed_at, _COLUMNS.changed_by)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of a ledger; 0 is what is shipped. `definition` is None where there was none, or it was taken away."""

    name: str
    definition: Definition | None
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None
    is_shipped: bool = False


async def every(connection: AsyncConnection, tenant: str) -> Mapping[str, Kept]:
    """Return all ledgers of a tenant as they stand, by name: those that are shipped first, then by name."""
    found = {name: Kept(name, definition, is_shipped=True) for name, definition in shipped().items()}
    statement = (sa.select(*_KEPT).ext(distinct_on(_COLUMNS.name)).where(_COLUMNS.tenant == tenant)).order_by(
        _COLUMNS.name, _COLUMNS.version.desc()
    )
    for row in await connection.execute(statement):
        found[row.name] = _standing(row)
    return {name: kept for name, kept in found.items() if kept.definition is not None}


async def find(connection: AsyncConnection, tenant: str, name: str) -> Kept:
    """Return a ledger as it stands; `definition` is None where there is none of that name."""
    statement = sa.select(*_KEPT).where(_COLUMNS.tenant == tenant, _COLUMNS.name == name)
    row = (await connection.execute(statement.order_by(_COLUMNS.version.desc()).limit(1))).one_or_none()
    if row is None:
        return Kept(name, shipped().get(name), is_shipped=name in shipped())
    return _standing(row)


async def versions(
    connection: AsyncConnection, tenant: str, name: str, *, below: int | None, size: int
) -> Sequence[Kept]:
    """Return up to `size` of a tenant's own versions of a ledger, the newest first, from below a version."""
    statement = sa.select(*_KEPT).where(_COLUMNS.tenant == tenant, _COLUMNS.name == name)
    if below is not None:
        statement = statement.where(_COLUMNS.version < below)
    rows = await connection.execute(statement.order_by(_COLUMNS.version.desc()).limit(size))
    return [_kept(row) for row in rows]


async def count_own(connection: AsyncConnection, tenant: str) -> int:
    """Return how many ledgers a tenant defines now; what it took away does not count."""
    newest = sa.select(_COLUMNS.content).ext(distinct_on(_COLUMNS.name)).where(_COLUMNS.tenant == tenant)
    standing = newest.order_by(_COLUMNS.name, _COLUMNS.version.desc()).subquery()
    statement = sa.select(sa.func.count()).where(standing.c.content.is_not(None))
    return int(await connection.scalar(statement) or 0)


async def put(
    connection: AsyncConnection,
    tenant: str,
    name: str,
    definition: Definition | None,
    *,
    check: Callable[[Kept], None],
    actor: str,
    now: datetime,
) -> Kept:
    """Make `definition` the next version of a ledger, None takes it away; return how it stands then.

    `check` is given how it stands before and raises where the caller may not do that, as often as somebody else is
    quicker.
    """
    while True:
        present = await find(connection, tenant, name)
        check(present)
        content = None if definition is None else definition.content()
        facts = {"content": content, "changed_at": now, "changed_by": actor}
        statement = insert(named_ledger).values(tenant=tenant, name=name, version=present.version + 1, **facts)
        if (await connection.execute(statement.on_conflict_do_nothing())).rowcount:
            return await find(connection, tenant, name)


def _standing(row: Any) -> Kept:
    """Return how a ledger stands after its newest version: what was taken away leaves what is shipped."""
    if row.content is not None or row.name not in shipped():
        return _kept(row)
    return Kept(row.name, shipped()[row.name], row.version, row.changed_at, row.changed_by, is_shipped=True)


def _kept(row: Any) -> Kept:
    definition = None if row.content is None else Definition.of(row.content)
    return Kept(row.name, definition, row.version, row.changed_at, row.changed_by)
