"""What follows in the ledger from the erasure of a complaint, in the transaction that enters it."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import EventType
from eventbus.parking import forget_settled
from ledger_service.domain.entry_types import OwnType
from ledger_service.persistence import erasing, export_erasures, own_entries
from ledger_service.persistence.erasing import Review
from ledger_service.persistence.own_entries import OwnEntry
from runtime import idempotency
from runtime.clock import now
from runtime.ids import uuid7

_ERASED = EventType.ERASED
"""Looking it up costs more than comparing with it."""
_AFTER_DECISION = 2
"""A task is decided about once, which is its first entry."""


async def follow_erasures(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Erase what the ledger holds of the complaints that `events`, which are entered, erase; mostly, of none.

    That is in entries, projection, follow-up tasks and decisions about them, files of exports, stored answers and
    settled messages.
    """
    erasures = [event for event in events if event.type is _ERASED]
    if not erasures:
        return
    await erasing.erase(connection, erasures)
    await _erase_reviews(connection, erasures)
    await export_erasures.withdraw(connection, erasures, now())
    await erase_copies(connection, {event.tenant for event in erasures}, [event.subject for event in erasures])


async def erase_copies(connection: AsyncConnection, tenants: Collection[str], ids: Sequence[UUID]) -> None:
    """Erase what stored answers and settled messages say of complaints or activities."""
    await idempotency.erase(connection, tenants, ids)
    await forget_settled(connection, ids)


async def _erase_reviews(connection: AsyncConnection, erasures: Sequence[Event]) -> None:
    """Erase what supervisors said when they left a complaint closed, and enter that about the task it was said of.

    Such an entry is about the task, not the complaint: whoever checks the ledger would find nothing that erases it.
    """
    reviews = await erasing.reviews(connection, erasures)
    if reviews:
        await erase_reviews(connection, reviews)


async def erase_reviews(connection: AsyncConnection, reviews: Sequence[Review]) -> None:
    """Enter that these decisions are erased, and let go of what they say; their complaints are locked."""
    await own_entries.append(connection, [_entry(each) for each in reviews])
    await own_entries.erase(connection, [(each.tenant, each.task) for each in reviews])


def _entry(review: Review) -> OwnEntry:
    said = {"complaint_id": str(review.complaint), "erasure": str(review.erasure)}
    return OwnEntry(
        tenant=review.tenant,
        event_id=uuid7(),
        type=OwnType.REVIEW_ERASED,
        subject=review.task,
        sequence=_AFTER_DECISION,
        actor=review.actor,
        occurred_at=review.at,
        data=msgspec.json.encode(said).decode(),
    )
