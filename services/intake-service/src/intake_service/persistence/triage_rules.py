"""The triage rules that tenants have published: every version stays."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from intake_service.domain.triage_rules import TriageRules, shipped
from intake_service.persistence.tables import metadata
from operations.versions import Version, Versions

SHIPPED = 0
"""The version of the rules that count for a tenant that has published none."""
VERSIONS = Versions(metadata.tables["triage_rule_version"], TriageRules.model_validate)


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
    number = await VERSIONS.lock(connection, tenant)
    check_version(number)
    present = await VERSIONS.newest(connection, tenant)
    if rules == (shipped() if present is None else present.settings):
        return None
    return await VERSIONS.put(connection, tenant, rules, number=number + 1, actor=actor, now=now, note=note)
