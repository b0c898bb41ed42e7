"""Since when another department has a complaint 转办: kept in the entry alone, for it is seldom asked."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import EventType, Status
from eventbus.driver import Statement
from ledger_service.domain.complaint import Complaint

_ASKING = frozenset({EventType.RESOLVED, EventType.RETURNED})
_SINCE = Statement(f"""
    SELECT complaint_id, max(occurred_at) AS at FROM entry
    WHERE tenant = ANY(CAST(:tenants AS text[])) AND complaint_id = ANY(CAST(:ids AS uuid[]))
      AND type = '{EventType.TRANSFERRED}'
    GROUP BY complaint_id
""")


async def tell_since(connection: AsyncConnection, known: Mapping[UUID, Complaint], events: Sequence[Event]) -> None:
    """Set `transferred_at` of those that another department has had until one of `events`: one statement, or none."""
    away = {each: complaint for each, complaint in known.items() if complaint.status is Status.TRANSFERRED}
    if away:
        asking = {event.subject for event in events if event.type in _ASKING}
        away = {each: complaint for each, complaint in away.items() if each in asking}
    if away:
        tenants = list({complaint.tenant for complaint in away.values()})
        for complaint_id, at in await _SINCE.fetch(connection, {"tenants": tenants, "ids": list(away)}):
            away[complaint_id].transferred_at = at
