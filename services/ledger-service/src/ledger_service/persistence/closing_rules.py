"""The closing rules of each tenant: a document in versions, none of which ever changes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement
from ledger_service.domain.closing_rules import SETTLING
from ledger_service.persistence.stories import Row
from ledger_service.persistence.tables import closing_rules

_VERSIONS = Statement("""
    SELECT tenant, version, in_force_from, changed_at FROM closing_rules
    WHERE tenant = ANY(CAST(:tenants AS text[])) ORDER BY tenant, version
""")
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('closing rules ' || :tenant, 0))")
_GATES = sa.text("""
    SELECT code, gates FROM directory
    WHERE tenant = :tenant AND kind = 'category' AND NOT removed AND gates IS NOT NULL
""")
Content = Sequence[Mapping[str, Any]]
Gates = Mapping[str, Sequence[str]]
CONFIGURATION = "configuration"
"""Who makes a version where the categories have changed, and the rules have not."""


@dataclass(frozen=True, slots=True)
class KeptRules:
    """A version as it is kept; number 0 where the tenant has put none."""

    version: int = 0
    content: Content = ()
    in_force_from: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    gates: Gates | None = None
    """What categories said; None: of a version of before they were heard."""


async def versions(connection: AsyncConnection, tenants: Collection[str]) -> Sequence[Any]:
    """Return tenant, number, beginning and time of change of each version of these tenants, in order."""
    return await _VERSIONS.fetch(connection, {"tenants": list(tenants)})


async def contents(connection: AsyncConnection, tenant: str) -> Mapping[int, tuple[Content, Gates]]:
    """Return the rules of each version of a tenant, and the gates that categories said then, by number."""
    columns = closing_rules.c
    query = sa.select(columns.version, columns.content, columns.gates).where(columns.tenant == tenant)
    return {row.version: (row.content, row.gates or {}) for row in await connection.execute(query)}


async def newest(connection: AsyncConnection, tenant: str) -> KeptRules:
    """Return the newest version of a tenant."""
    statement = _all_of(tenant).order_by(closing_rules.c.version.desc()).limit(1)
    row = (await connection.execute(statement)).one_or_none()
    return KeptRules() if row is None else KeptRules(*row)


async def one(connection: AsyncConnection, tenant: str, version: int) -> KeptRules | None:
    """Return a version of a tenant; None where there is none of the number."""
    statement = _all_of(tenant).where(closing_rules.c.version == version)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else KeptRules(*row)


async def page(connection: AsyncConnection, tenant: str, *, before: int | None, size: int) -> Sequence[Row]:
    """Return up to `size` versions with a number under `before`, the newest first, without their rules."""
    columns = closing_rules.c
    statement = sa.select(
        columns.version,
        columns.in_force_from,
        columns.changed_at,
        columns.changed_by,
        sa.func.jsonb_array_length(columns.content).label("count"),
    ).where(columns.tenant == tenant)
    if before is not None:
        statement = statement.where(columns.version < before)
    rows = await connection.execute(statement.order_by(columns.version.desc()).limit(size))
    return [dict(row) for row in rows.mappings()]


async def put(
    connection: AsyncConnection,
    tenant: str,
    content: Content,
    *,
    check_version: Callable[[int], None],
    actor: str,
    now: datetime,
) -> KeptRules:
    """Make `content`, with the gates of categories as they are, the next version of a tenant's rules, and return it.

    One at a time puts a version.

    `check_version` raises where the caller has seen another version than the newest.
    """
    await connection.execute(_LOCK, {"tenant": tenant})
    present = await newest(connection, tenant)
    check_version(present.version)
    kept = KeptRules(present.version + 1, content, now + SETTLING, now, actor, await _gates(connection, tenant))
    await _insert(connection, tenant, kept)
    return kept


async def follow_categories(connection: AsyncConnection, tenant: str, now: datetime) -> None:
    """Make the next version of a tenant's rules where its categories say other gates than in the newest."""
    await connection.execute(_LOCK, {"tenant": tenant})
    present, gates = await newest(connection, tenant), await _gates(connection, tenant)
    if gates != (present.gates or {}):
        kept = KeptRules(present.version + 1, present.content, now + SETTLING, now, CONFIGURATION, gates)
        await _insert(connection, tenant, kept)


async def _gates(connection: AsyncConnection, tenant: str) -> Gates:
    return {row.code: row.gates for row in await connection.execute(_GATES, {"tenant": tenant})}


async def _insert(connection: AsyncConnection, tenant: str, kept: KeptRules) -> None:
    await connection.execute(
        sa.insert(closing_rules).values(
            tenant=tenant,
            version=kept.version,
            content=kept.content,
            gates=kept.gates,
            in_force_from=kept.in_force_from,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )
    )


def _all_of(tenant: str) -> sa.Select[Any]:
    columns = closing_rules.c
    return sa.select(
        columns.version,
        columns.content,
        columns.in_force_from,
        columns.changed_at,
        columns.changed_by,
        columns.gates,
    ).where(columns.tenant == tenant)
