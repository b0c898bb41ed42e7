"""What follows in the ledger from the erasure of a complaint, in the transaction that enters it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from eventbus.parking import forget_settled
from ledger_service.persistence import erasing
from runtime import idempotency


async def follow_erasures(connection: AsyncConnection, erasures: Sequence[Event]) -> None:
    """Erase what the ledger holds of these complaints: entries, projection, stored answers, settled messages."""
    await erasing.erase(connection, erasures)
    complaints = [event.subject for event in erasures]
    await idempotency.erase(connection, {event.tenant for event in erasures}, complaints)
    await forget_settled(connection, complaints)
