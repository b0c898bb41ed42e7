"""What activities come to, a day: added to with every entry about one, and summed up for a bulletin."""

from collections.abc import Mapping
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from eventbus.driver import Statement, arrays
from ledger_service.domain.activity import Cell, Count
from ledger_service.domain.bulletin import Scope
from ledger_service.persistence.tables import activity_day

_ADD = Statement("""
    INSERT INTO activity_day AS there (tenant, day, kind, community, team, quantity, activities)
    SELECT * FROM unnest(CAST(:tenants AS text[]), CAST(:days AS date[]), CAST(:kinds AS text[]),
                         CAST(:communities AS text[]), CAST(:teams AS text[]), CAST(:quantities AS bigint[]),
                         CAST(:activities AS bigint[]))
    ON CONFLICT (tenant, day, kind, community, team) DO UPDATE
    SET quantity = there.quantity + excluded.quantity, activities = there.activities + excluded.activities
""")
_PARAMETERS = ("tenants", "days", "kinds", "communities", "teams", "quantities", "activities")


async def add(connection: AsyncConnection, changes: Mapping[Cell, Count]) -> None:
    """Add to the counts, in one statement; what is to be taken away is negative.

    The rows are locked in the order of their keys, so that two changes cannot wait for each other.
    """
    rows = [(*cell, *count) for cell, count in sorted(changes.items(), key=itemgetter(0)) if any(count)]
    if rows:
        await _ADD.fetch(connection, arrays(_PARAMETERS, rows))


async def sums(connection: AsyncConnection, tenant: str, scope: Scope) -> Mapping[str, Count]:
    """Return the sums of a tenant's activities by kind."""
    columns = activity_day.c
    conditions = [columns.tenant == tenant, columns.day.between(scope.first, scope.last)]
    if scope.community is not None:
        conditions.append(columns.community == scope.community)
    if scope.team is not None:
        conditions.append(columns.team == scope.team)
    totals = (sa.func.sum(columns.quantity), sa.func.sum(columns.activities))
    rows = await connection.execute(sa.select(columns.kind, *totals).where(*conditions).group_by(columns.kind))
    return {kind: Count(int(quantity), int(activities)) for kind, quantity, activities in rows}
