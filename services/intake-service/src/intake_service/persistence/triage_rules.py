"""The triage rules that tenants have published: every version stays."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.triage_rules import TriageRules, shipped
from intake_service.persistence.tables import metadata
from operations.versions import Version, Versions

SHIPPED = 0
"""The version of the rules that count for a tenant that has published none."""
_TABLE = metadata.tables["triage_rule_version"]
_VERSIONS = Versions(_TABLE, TriageRules.model_validate)
_NEWEST = sa.text("""
    SELECT tenant, max(version) AS version FROM triage_rule_version
    WHERE tenant = ANY(CAST(:tenants AS text[])) GROUP BY tenant
""")


async def numbers(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, int]:
    """Return the number of the version in force of each of `tenants` that has published one."""
    rows = await connection.execute(_NEWEST, {"tenants": list(tenants)})
    return {row.tenant: row.version for row in rows}


async def newest(connection: AsyncConnection, tenant: str) -> Version[TriageRules] | None:
    """Return the version in force; None where those that are shipped count."""
    return await _VERSIONS.newest(connection, tenant)


async def one(connection: AsyncConnection, tenant: str, number: int) -> Version[TriageRules] | None:
    """Return a version; None where there is none of that number."""
    return await _VERSIONS.one(connection, tenant, number)


async def page(
    connection: AsyncConnection, tenant: str, *, before: int | None, size: int
) -> Sequence[Version[TriageRules]]:
    """Return up to `size` versions with a number under `before`, the newest first."""
    return await _VERSIONS.page(connection, tenant, before=before, size=size)


async def publish(
    connection: AsyncConnection,
    tenant: str,
    rules: TriageRules,
    *,
    check_version: Callable[[int], None],
    note: str | None,
    actor: str,
    now: datetime,
) -> Version[TriageRules] | None:
    """Put the rules in force as the next version; None, and nothing happens, where they are in force already.

    `check_version` raises where the caller has seen another version than the present one.
    """
    number = await _VERSIONS.lock(connection, tenant)
    check_version(number)
    present = await _VERSIONS.newest(connection, tenant)
    if rules == (shipped() if present is None else present.settings):
        return None
    return await _VERSIONS.put(connection, tenant, rules, number=number + 1, actor=actor, now=now, note=note)
