"""The rules of each tenant for hot spots: one document, replaced as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.domain.hotspot_rules import Rules
from ledger_service.persistence.tables import hotspot_rule


@dataclass(frozen=True, slots=True)
class KeptRules:
    """Rules as they stand; version 0 where the tenant has set none and those that are shipped count."""

    rules: Rules
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None


async def read(connection: AsyncConnection, tenant: str) -> KeptRules:
    """Return the rules of a tenant."""
    return await _read(connection, _this(tenant))


async def replace(
    connection: AsyncConnection,
    tenant: str,
    rules: Rules,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> KeptRules:
    """Put `rules` in the place of what there is and return how they stand then.

    `check_version` raises where the caller has seen another version than the present one.
    """
    facts: dict[str, Any] = {"content": rules.content(), "changed_at": now, "changed_by": actor}
    nothing = insert(hotspot_rule).values(tenant=tenant, version=0, **facts).on_conflict_do_nothing()
    await connection.execute(nothing)
    present = await _read(connection, _this(tenant).with_for_update())
    check_version(present.version)
    version = present.version + 1
    await connection.execute(
        sa.update(hotspot_rule).where(hotspot_rule.c.tenant == tenant).values(version=version, **facts)
    )
    return KeptRules(rules, version, now, actor)


def _this(tenant: str) -> sa.Select[Any]:
    columns = hotspot_rule.c
    return sa.select(columns.content, columns.version, columns.changed_at, columns.changed_by).where(
        columns.tenant == tenant
    )


async def _read(connection: AsyncConnection, statement: sa.Select[Any]) -> KeptRules:
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return KeptRules(Rules())
    return KeptRules(Rules.of(row.content), row.version, row.changed_at, row.changed_by)
