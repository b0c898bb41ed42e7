"""Supervision orders about complaints, as far as it matters who waits for an answer: no word of them is kept here."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.events import ComplaintEscalated, OrderReplied, OrderWithdrawn
from contracts.lifecycle import EventType
from eventbus.driver import Statement

ORDER_WAITS = "settled_at IS NULL"
_SETTLING = frozenset({EventType.ORDER_REPLIED, EventType.ORDER_WITHDRAWN})
_GIVE = Statement("""
    INSERT INTO supervision_order (tenant, id, complaint_id, deadline)
    SELECT * FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:complaints AS uuid[]),
                         CAST(:deadlines AS timestamptz[]))
    ON CONFLICT DO NOTHING
""")
_SETTLE = Statement("""
    UPDATE supervision_order AS o SET settled_at = said.at
    FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS said (tenant, id, at)
    WHERE o.tenant = said.tenant AND o.id = said.id
""")


async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Note which orders `events`, which are entered, give, answer and withdraw: two statements at most, or none."""
    given = [
        (event, order)
        for event in events
        if event.type is EventType.ESCALATED and (order := cast(ComplaintEscalated, event.data).order) is not None
    ]
    if given:
        parameters = {
            "tenants": [event.tenant for event, _ in given],
            "ids": [order.id for _, order in given],
            "complaints": [event.subject for event, _ in given],
            "deadlines": [order.deadline for _, order in given],
        }
        await _GIVE.fetch(connection, parameters)
    settling = [event for event in events if event.type in _SETTLING]
    if settling:
        ids = [cast(OrderReplied | OrderWithdrawn, event.data).order_id for event in settling]
        times = [event.time for event in settling]
        await _SETTLE.fetch(connection, {"tenants": [each.tenant for each in settling], "ids": ids, "times": times})
