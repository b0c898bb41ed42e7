"""Published rule sets, of which the newest is in force, and what routing goes by beside them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.persistence.rows import Row, as_rows
from dispatch_service.persistence.tables import rule_set

DRAFT, POLICY = "draft", "policy"
"""Names of routing documents."""
PLANNED_AHEAD = timedelta(days=14)
"""A team without a duty for so long has no roster."""
_LONGEST_DUTY = timedelta(days=1)

_STANDING = sa.text("""
    SELECT wanted.tenant, coalesce(in_force.version, 0) AS rules, coalesce(policy.version, 0) AS policy,
           (SELECT count(*) FROM rule_state AS state
            WHERE state.tenant = wanted.tenant AND state.version = in_force.version
              AND off_since IS NOT NULL) AS off,
           EXISTS (SELECT FROM duty WHERE duty.tenant = wanted.tenant AND state = 'planned' AND ends_at > :now
                   AND begins_at BETWEEN :earliest AND :latest) AS is_rostered
    FROM unnest(CAST(:tenants AS text[])) AS wanted (tenant)
    LEFT JOIN LATERAL (
        SELECT version FROM rule_set WHERE rule_set.tenant = wanted.tenant ORDER BY version DESC LIMIT 1
    ) AS in_force ON true
    LEFT JOIN routing_document AS policy ON policy.tenant = wanted.tenant AND policy.name = 'policy'
""")
_IN_FORCE = sa.text("""
    SELECT DISTINCT ON (tenant) tenant, version, rules FROM rule_set
    WHERE tenant = ANY(CAST(:tenants AS text[])) ORDER BY tenant, version DESC
""")
_POLICIES = sa.text("""
    SELECT tenant, content FROM routing_document WHERE name = 'policy' AND tenant = ANY(CAST(:tenants AS text[]))
""")


class Standing(NamedTuple):
    """Numbers that change with what routing goes by, and whether there is a roster at all."""

    rules: int
    """The version in force; 0 where there is none."""
    policy: int
    off: int
    """How many of the rules in force are switched off."""
    is_rostered: bool


class RuleRows(NamedTuple):
    """A published set as it is stored."""

    version: int
    rules: Sequence[Mapping[str, Any]]


async def standing(connection: AsyncConnection, tenants: Collection[str], now: datetime) -> dict[str, Standing]:
    """Return how each tenant's routing stands."""
    parameters = {
        "tenants": list(tenants),
        "now": now,
        "earliest": now - _LONGEST_DUTY,
        "latest": now + PLANNED_AHEAD,
    }
    rows = await connection.execute(_STANDING, parameters)
    return {row.tenant: Standing(row.rules, row.policy, row.off, row.is_rostered) for row in rows}


async def in_force(connection: AsyncConnection, tenants: Collection[str]) -> dict[str, RuleRows]:
    """Return the newest set of each tenant that has published one."""
    rows = await connection.execute(_IN_FORCE, {"tenants": list(tenants)})
    return {row.tenant: RuleRows(row.version, row.rules) for row in rows}


async def policies(connection: AsyncConnection, tenants: Collection[str]) -> dict[str, Any]:
    """Return the policy of each tenant that has set one."""
    rows = await connection.execute(_POLICIES, {"tenants": list(tenants)})
    return {row.tenant: row.content for row in rows}


async def publish(
    connection: AsyncConnection,
    tenant: str,
    rules: Sequence[Mapping[str, Any]],
    *,
    note: str | None,
    actor: str,
    now: datetime,
) -> Row:
    """Put `rules` in force as the next version and return it. Whoever publishes holds the draft."""
    latest = sa.select(sa.func.max(rule_set.c.version)).where(rule_set.c.tenant == tenant)
    version = int((await connection.execute(latest)).scalar() or 0) + 1
    row = {"version": version, "note": note, "published_at": now, "published_by": actor}
    await connection.execute(sa.insert(rule_set).values(tenant=tenant, rules=rules, **row))
    return {**row, "count": len(rules)}


async def page(connection: AsyncConnection, tenant: str, *, before: int | None, size: int) -> Sequence[Row]:
    """Return up to `size` sets with a version under `before`, the newest first, without their rules."""
    columns = rule_set.c
    statement = sa.select(
        columns.version,
        columns.note,
        columns.published_at,
        columns.published_by,
        sa.func.jsonb_array_length(columns.rules).label("count"),
    ).where(columns.tenant == tenant)
    if before is not None:
        statement = statement.where(columns.version < before)
    return as_rows(await connection.execute(statement.order_by(columns.version.desc()).limit(size)))


async def one(connection: AsyncConnection, tenant: str, version: int) -> Row | None:
    """Return a set with its rules; None where there is no such version."""
    columns = rule_set.c
    statement = sa.select(rule_set).where(columns.tenant == tenant, columns.version == version)
    return next(iter(as_rows(await connection.execute(statement))), None)
