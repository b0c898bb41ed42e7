"""What rules may name: the teams, grids in force, communities, skills, categories and sources of a tenant."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from dispatch_service.domain.rule_checks import SHIPPED_SOURCES, Known

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
    SELECT tenant, 'category', code, '' FROM clock_setting CROSS JOIN jsonb_each(content) AS told(code, facts)
    WHERE name = 'categories' AND tenant = ANY(CAST(:tenants AS text[])) AND NOT facts ? 'removed'
    UNION ALL
    SELECT tenant, CASE WHEN facts ? 'removed' THEN 'removed_source' ELSE 'source' END, code, ''
    FROM clock_setting CROSS JOIN jsonb_each(content) AS told(code, facts)
    WHERE name = 'sources' AND tenant = ANY(CAST(:tenants AS text[]))
""")


async def known(connection: AsyncConnection, tenants: Collection[str]) -> Mapping[str, Known]:
    """Return what each of `tenants` has."""
    found: dict[str, dict[str, dict[str, str]]] = {tenant: defaultdict(dict) for tenant in tenants}
    for row in await connection.execute(_KNOWN, {"tenants": list(tenants)}):
        found[row.tenant][row.kind][row.code] = row.fact
    return {
        tenant: Known(
            teams=kinds["team"],
            grids=kinds["grid"],
            communities=kinds["community"],
            skills=kinds["skill"],
            categories=kinds["category"],
            sources=_sources(kinds["source"], kinds["removed_source"], kinds["category"]),
        )
        for tenant, kinds in found.items()
    }


def _sources(told: Collection[str], removed: Collection[str], categories: Collection[str]) -> Collection[str]:
    """Return what there is: what is shipped, and what intake has told of since.

    None where intake has told of `categories` alone: a county may have had sources of its own before dispatch learnt
    of any, and then nothing can be said.
    """
    return (SHIPPED_SOURCES | set(told)) - set(removed) if told or removed or not categories else ()
