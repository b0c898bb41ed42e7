"""What a tenant sets as a whole: JSON documents with a version, the time and the author of the last change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands; version 0 and no content where the tenant has not set it."""

    version: int = 0
    content: Any = None
    changed_at: datetime | None = None
    changed_by: str | None = None


async def read(connection: AsyncConnection, table: sa.Table, tenant: str, name: str) -> Document:
    """Return one document."""
    return await _read(connection, _this(table, tenant, name))


async def lock(connection: AsyncConnection, table: sa.Table, tenant: str, name: str) -> Document:
    """Return one document, which nobody else replaces until the transaction ends, if there is one."""
    return await _read(connection, _this(table, tenant, name).with_for_update())


async def replace(
    connection: AsyncConnection,
    table: sa.Table,
    tenant: str,
    name: str,
    content: Any,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> Document:
    """Put `content` in the place of a document and return how it stands then.

    `check_version` raises where the caller has seen another version than the present one.
    """
    facts = {"content": content, "changed_at": now, "changed_by": actor}
    nothing = insert(table).values(tenant=tenant, name=name, version=0, **facts).on_conflict_do_nothing()
    await connection.execute(nothing)
    present = await lock(connection, table, tenant, name)
    check_version(present.version)
    version = present.version + 1
    await connection.execute(
        sa.update(table).where(table.c.tenant == tenant, table.c.name == name).values(version=version, **facts)
    )
    return Document(version, content, now, actor)


def _this(table: sa.Table, tenant: str, name: str) -> sa.Select[Any]:
    columns = table.c
    return sa.select(columns.version, columns.content, columns.changed_at, columns.changed_by).where(
        columns.tenant == tenant, columns.name == name
    )


async def _read(connection: AsyncConnection, statement: sa.Select[Any]) -> Document:
    row = (await connection.execute(statement)).one_or_none()
    return Document() if row is None else Document(*row)
