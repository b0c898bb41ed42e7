"""What rules may name: the teams, grids in force, communities, skills, categories and sources of a tenant."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.rule_checks import Known
from dispatch_service.domain.shipped import shipped_codes, shipped_sources
from dispatch_service.persistence import clock_settings
from dispatch_service.persistence.clock_settings import CATEGORIES

_KNOWN = sa.text("""
    SELECT tenant, 'team' AS kind, code, name AS fact FROM team WHERE tenant = ANY(CAST(:tenants AS text[]))
    UNION ALL
    SELECT tenant, 'grid', code, community FROM grid WHERE in_force AND tenant = ANY(CAST(:tenants AS text[]))
    UNION ALL
    SELECT tenant, 'community', code, '' FROM community WHERE tenant = ANY(CAST(:tenants AS text[]))
    UNION ALL
    SELECT DISTINCT tenant, 'skill', skill, '' FROM officer CROSS JOIN unnest(skills) AS skill
    WHERE tenant = ANY(CAST(:tenants AS text[]))
    UNION ALL
    SELECT tenant, concat(CASE WHEN facts ? 'removed' THEN 'removed_' END, name), code, facts ->> 'proactive'
    FROM clock_setting CROSS JOIN jsonb_each(content) AS told(code, facts)
    WHERE name IN ('categories', 'sources') AND tenant = ANY(CAST(:tenants AS text[]))
""")


async def known(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, Known]:
    """Return what each of `tenants` has."""
    found: dict[str, dict[str, dict[str, Any]]] = {tenant: defaultdict(dict) for tenant in tenants}
    for row in await connection.execute(_KNOWN, {"tenants": list(tenants)}):
        found[row.tenant][row.kind][row.code] = row.fact
    return {
        tenant: Known(
            teams=kinds["team"],
            grids=kinds["grid"],
            communities=kinds["community"],
            skills=kinds["skill"],
            categories=_categories(kinds["categories"], kinds["removed_categories"]),
            sources=_sources(kinds["sources"], kinds["removed_sources"], kinds["categories"]),
        )
        for tenant, kinds in found.items()
    }


async def categories(connection: AsyncConnection, tenant: str) -> Collection[str]:
    """Return the categories of a tenant alone."""
    content: Mapping[str, Any] = (await clock_settings.read(connection, tenant, CATEGORIES)).content or {}
    removed = {code for code, told in content.items() if "removed" in told}
    return _categories(content.keys() - removed, removed)


def _categories(told: Collection[str], removed: Collection[str]) -> Collection[str]:
    """Return what there is: what intake has told of, which is all at first; before it ever did, what is shipped."""
    return told if told or removed else shipped_codes("categories")


def _sources(
    told: Mapping[str, str | None], removed: Collection[str], categories: Collection[str]
) -> Mapping[str, bool | None]:
    """Return what there is: what is shipped, and what intake has told of since, with whether it is proactive.

    None where intake has told of `categories` alone: a county may have had sources of its own before dispatch learnt
    of any, and then nothing can be said.
    """
    if categories and not (told or removed):
        return {}
    ours = {code: None if text is None else text == "true" for code, text in told.items()}
    return {code: is_so for code, is_so in {**shipped_sources(), **ours}.items() if code not in removed}
