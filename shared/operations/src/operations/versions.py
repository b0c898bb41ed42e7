"""Settings of tenants of which every version stays: none ever changes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from operations.documents import Settings

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name || ' ' || :tenant, 0))")


@dataclass(frozen=True, slots=True)
class Version(Generic[Settings]):
    """A version as it was put. `more` holds what the table has beside: a note, from when it is in force."""

    settings: Settings
    number: int
    changed_at: datetime
    changed_by: str
    more: Mapping[str, Any] = field(default_factory=dict)


class Versions(Generic[Settings]):
    """One kind of settings: a table with the columns tenant, version, content, changed_at, changed_by, and others."""

    def __init__(self, table: sa.Table, parse: Callable[[Any], Settings]) -> None:
        """`parse` reads what `content()` of the settings has returned."""
        self._table = table
        self._parse = parse

    async def newest(
        self, connection: AsyncConnection, tenant: str, *conditions: sa.ColumnElement[bool]
    ) -> Version[Settings] | None:
        """Return the newest version of a tenant that fits the conditions; None where there is none."""
        found = await self._read(connection, tenant, conditions, size=1)
        return found[0] if found else None

    async def one(self, connection: AsyncConnection, tenant: str, number: int) -> Version[Settings] | None:
        """Return a version of a tenant; None where there is none of the number."""
        return await self.newest(connection, tenant, self._table.c.version == number)

    async def at(self, connection: AsyncConnection, tenant: str, moment: datetime) -> Version[Settings] | None:
        """Return the version that was the newest at that moment; None where there was none."""
        return await self.newest(connection, tenant, self._table.c.changed_at <= moment)

    async def numbers(self, connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, int]:
        """Return the number of the newest version of each of `tenants` that has one."""
        columns = self._table.c
        newest = sa.select(columns.tenant, sa.func.max(columns.version)).where(columns.tenant.in_(list(tenants)))
        rows = await connection.execute(newest.group_by(columns.tenant))
        return {row[0]: row[1] for row in rows}

    async def page(
        self, connection: AsyncConnection, tenant: str, *, before: int | None, size: int
    ) -> Sequence[Version[Settings]]:
        """Return up to `size` versions with a number under `before`, the newest first."""
        conditions = [] if before is None else [self._table.c.version < before]
        return await self._read(connection, tenant, conditions, size=size)

    async def lock(self, connection: AsyncConnection, tenant: str) -> int:
        """Let nobody else put a version until the transaction ends; return the number of the newest, 0 for none."""
        await connection.execute(_LOCK, {"name": self._table.name, "tenant": tenant})
        columns = self._table.c
        newest = sa.select(sa.func.coalesce(sa.func.max(columns.version), 0)).where(columns.tenant == tenant)
        return int((await connection.execute(newest)).scalar_one())

    async def put(
        self,
        connection: AsyncConnection,
        tenant: str,
        settings: Settings,
        *,
        number: int,
        actor: str,
        now: datetime,
        **more: Any,
    ) -> Version[Settings]:
        """Add a version and return it. The caller holds the `lock`, and gives the number after the newest one's."""
        row = {"content": settings.content(), "changed_at": now, "changed_by": actor, **more}
        await connection.execute(sa.insert(self._table).values(tenant=tenant, version=number, **row))
        return Version(settings, number, now, actor, more)

    async def _read(
        self, connection: AsyncConnection, tenant: str, conditions: Sequence[sa.ColumnElement[bool]], *, size: int
    ) -> list[Version[Settings]]:
        columns = self._table.c
        statement = sa.select(self._table).where(columns.tenant == tenant, *conditions)
        rows = await connection.execute(statement.order_by(columns.version.desc()).limit(size))
        return [self._version(row) for row in rows.mappings()]

    def _version(self, row: Mapping[Any, Any]) -> Version[Settings]:
        more = dict(row)
        more.pop("tenant")
        settings = self._parse(more.pop("content"))
        return Version(settings, more.pop("version"), more.pop("changed_at"), more.pop("changed_by"), more)
