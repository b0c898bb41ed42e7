"""Since when another department has a complaint 转办: kept in the entry alone, for it is seldom asked."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.lifecycle import EventType, Status
from eventbus.driver import Statement
from ledger_service.domain.complaint import Complaint

_SINCE = Statement(f"""
    SELECT complaint_id, max(occurred_at) AS at FROM entry
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND complaint_id = ANY(CAST(:ids AS uuid[]))
      AND type = '{EventType.TRANSFERRED}'
    GROUP BY complaint_id
""")


async def tell_since(connection: AsyncConnection, complaints: Iterable[Complaint]) -> None:
    """Set `transferred_at` of those that another department has, in one statement; in none where it has none."""
    away = {complaint.id: complaint for complaint in complaints if complaint.status is Status.TRANSFERRED}
    if away:
        tenants = list({complaint.tenant for complaint in away.values()})
        for complaint_id, at in await _SINCE.fetch(connection, {"tenants": tenants, "ids": list(away)}):
            away[complaint_id].transferred_at = at
