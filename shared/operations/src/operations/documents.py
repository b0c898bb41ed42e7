"""Settings of tenants that are one document each, replaced as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection


class Document(Protocol):
    """Settings that can be kept as JSON."""

    def content(self) -> Any:
        """Return them as JSON values."""


Settings = TypeVar("Settings", bound=Document)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Settings]):
    """Settings as they stand; version 0 where the tenant has set none and those that are shipped count."""

    settings: Settings
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None


class Documents(Generic[Settings]):
    """One kind of settings: a table with the columns tenant, version, content, changed_at and changed_by."""

    def __init__(self, table: sa.Table, parse: Callable[[Any], Settings], shipped: Settings) -> None:
        """`parse` reads what `content()` has returned; `shipped` counts until a tenant sets something."""
        self._table = table
        self._parse = parse
        self._shipped = shipped

    async def read(self, connection: AsyncConnection, tenant: str) -> Kept[Settings]:
        """Return the settings of a tenant."""
        return await self._read(connection, self._this(tenant))

    async def replace(
        self,
        connection: AsyncConnection,
        tenant: str,
        settings: Settings,
        *,
        check_version: Callable[[int], None],
        actor: str,
        now: datetime,
    ) -> Kept[Settings]:
        """Put `settings` in the place of what there is and return how they stand then.

        `check_version` raises where the caller has seen another version than the present one.
        """
        table = self._table
        facts: dict[str, Any] = {"content": settings.content(), "changed_at": now, "changed_by": actor}
        await connection.execute(insert(table).values(tenant=tenant, version=0, **facts).on_conflict_do_nothing())
        present = await self._read(connection, self._this(tenant).with_for_update())
        check_version(present.version)
        version = present.version + 1
        await connection.execute(sa.update(table).where(table.c.tenant == tenant).values(version=version, **facts))
        return Kept(settings, version, now, actor)

    def _this(self, tenant: str) -> sa.Select[Any]:
        columns = self._table.c
        return sa.select(columns.content, columns.version, columns.changed_at, columns.changed_by).where(
            columns.tenant == tenant
        )

    async def _read(self, connection: AsyncConnection, statement: sa.Select[Any]) -> Kept[Settings]:
        row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return Kept(self._shipped)
        return Kept(self._parse(row.content), row.version, row.changed_at, row.changed_by)
