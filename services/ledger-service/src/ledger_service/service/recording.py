"""Enters events into the ledger: entries and what they make of their complaints, in the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.topics import LIFECYCLE
from eventbus import outbox
from ledger_service.domain.complaint import Complaint
from ledger_service.persistence import complaints, entries


async def record_slice(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Enter `events` of any number of complaints, in order, in four statements at most.

    Raises Gap, Unenterable or IllegalTransition at the first event that does not fit; nothing is written then.
    """
    tenants, ids = {event.tenant for event in events}, {event.subject for event in events}
    known = await complaints.lock_many(connection, tenants, ids)
    entered = []
    for event in events:
        complaint = known.get(event.subject)
        if complaint is None:
            complaint = known[event.subject] = Complaint.unknown(event.subject, event.tenant)
        entered.append(complaint.enter(event))
    await complaints.save(connection, known.values())
    await entries.append(connection, entered)


async def record_and_publish(connection: AsyncConnection, complaint: Complaint, events: Sequence[Event]) -> None:
    """Enter the ledger's own `events` of one locked complaint, in order, and hand them to the outbox."""
    entered = [complaint.enter(event) for event in events]
    await complaints.save(connection, [complaint])
    await entries.append(connection, entered)
    await outbox.append(connection, LIFECYCLE.name, events)
