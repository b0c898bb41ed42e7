"""Takes what the other services state of their accounts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.reconciliation import ReconciliationEvent
from contracts.topics import RECONCILIATION, consumer_of
from eventbus.slices import Subscription
from ledger_service.service.accounting import take


async def take_statements(connection: AsyncConnection, events: Sequence[Event[Any]]) -> Sequence[Event[Any]]:
    """Compare each statement with the ledger; nothing follows from that but what is shown."""
    for event in events:
        await take(connection, event)
    return []


SUBSCRIPTION = Subscription(
    consumer=consumer_of("ledger", RECONCILIATION),
    topic=RECONCILIATION.name,
    types=frozenset({ReconciliationEvent.INTAKE_STATED, ReconciliationEvent.DISPATCH_STATED}),
    handler=take_statements,
)
