"""What follows in the ledger from the erasure of a complaint, in the transaction that enters it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import EventType
from eventbus.parking import forget_settled
from ledger_service.persistence import erasing
from runtime import idempotency

_ERASED = EventType.ERASED
"""Looking it up costs more than comparing with it."""


async def follow_erasures(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Erase what the ledger holds of the complaints that `events`, which are entered, erase; mostly, of none.

    That is in entries, projection, follow-up tasks, stored answers and settled messages.
    """
    erasures = [event for event in events if event.type is _ERASED]
    if not erasures:
        return
    await erasing.erase(connection, erasures)
    complaints = [event.subject for event in erasures]
    await idempotency.erase(connection, {event.tenant for event in erasures}, complaints)
    await forget_settled(connection, complaints)
