"""Enters events into the ledger: entries and what they make of their complaints, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from ledger_service.domain.closing import is_verified_by_rule, verify_by_rule
from ledger_service.domain.complaint import Complaint, Entry
from ledger_service.domain.errors import Gap
from ledger_service.domain.tally import Tally, tally
from ledger_service.persistence import complaints, entries, statistics_changes
from ledger_service.persistence.statistics_changes import Change


async def record_slice(connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Enter `events` of any number of complaints, in order, in six statements at most.

    Returns what follows from them by rule, entered as well. Raises Gap, Unenterable or IllegalTransition at the first
    event that does not fit; nothing is written then.
    """
    if not events:
        return []
    tenants, ids = {event.tenant for event in events}, {event.subject for event in events}
    known = await complaints.lock_many(connection, tenants, ids)
    before = {complaint_id: tally(complaint) for complaint_id, complaint in known.items()}
    there = await _causes_of_endings(connection, events)
    entered: list[Entry] = []
    by_rule: dict[UUID, Event] = {}
    for event in events:
        if event.id in by_rule:
            continue  # a ledger that was restored finds what it has just made again on the topic
        if event.type is EventType.WITHDRAWN and event.causation_id is not None and event.causation_id not in there:
            raise Gap(f"{event.type} came before the {EventType.RELEASED} that caused it")
        there.add(event.id)
        complaint = known.get(event.subject)
        if complaint is None:
            complaint = known[event.subject] = Complaint.unknown(event.subject, event.tenant)
        entered.append(complaint.enter(event))
        if is_verified_by_rule(event):
            follow_ups = verify_by_rule(complaint, event)
            entered += [complaint.enter(each) for each in follow_ups]
            by_rule |= {each.id: each for each in follow_ups}
    await _write(connection, known, before, entered)
    return [*by_rule.values()]


async def _write(
    connection: AsyncConnection,
    known: Mapping[UUID, Complaint],
    before: Mapping[UUID, Tally | None],
    entered: Sequence[Entry],
) -> None:
    """Write what became of the complaints, the entries, and what both change in the figures."""
    at = await entries.moment(connection)
    await complaints.save(connection, known.values())
    await entries.append(connection, entered, at)
    await statistics_changes.append(
        connection,
        (Change(at, before.get(complaint_id), tally(complaint)) for complaint_id, complaint in known.items()),
    )


async def _causes_of_endings(connection: AsyncConnection, events: Sequence[Event]) -> set[UUID]:
    """Return the causes of withdrawals that are entered already.

    Only there does neither the state nor a number of its own source show that an earlier event is missing.
    """
    causes = {
        event.causation_id: event.subject
        for event in events
        if event.type is EventType.WITHDRAWN and event.causation_id is not None
    }
    return await entries.known(connection, causes.values(), causes) if causes else set()


async def record_and_publish(connection: AsyncConnection, complaint: Complaint, events: Sequence[Event]) -> None:
    """Enter the ledger's own `events` of one locked complaint, in order, and hand them to the outbox."""
    before = {complaint.id: tally(complaint)}
    entered = [complaint.enter(event) for event in events]
    await _write(connection, {complaint.id: complaint}, before, entered)
    await outbox.append(connection, LIFECYCLE.name, events)
