"""Teams that must not be removed while cases are on their way to them: a case has no foreign key to its team."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement

TeamKey = tuple[str, str]
"""Tenant and code."""

_HOLD = Statement("""
    SELECT team.tenant, team.code
    FROM unnest(CAST(:tenants AS text[]), CAST(:codes AS text[])) AS wanted (tenant, code)
    JOIN team USING (tenant, code)
    ORDER BY team.tenant, team.code FOR KEY SHARE OF team
""")


async def hold(connection: AsyncConnection, wanted: Collection[TeamKey]) -> set[TeamKey]:
    """Return those of the teams that are there, which stay until the transaction ends, in one statement.

    Whoever removes a team at this moment is waited for; whoever begins to, waits, and then finds the case.
    """
    parameters = {"tenants": [tenant for tenant, _ in wanted], "codes": [code for _, code in wanted]}
    return {(row["tenant"], row["code"]) for row in await _HOLD.fetch(connection, parameters)}
