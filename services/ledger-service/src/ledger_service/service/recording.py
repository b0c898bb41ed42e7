"""Enters events into the ledger: entries and what they make of their complaints, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.envelope import Event
from contracts.lifecycle import RELEASE_ENDINGS, EventType
from contracts.topics import LIFECYCLE
from eventbus import outbox
from ledger_service.domain.closing import close_uncalled, verify_by_rule, verify_checked
from ledger_service.domain.closing_rules import RuleBook
from ledger_service.domain.complaint import Complaint, Entry
from ledger_service.domain.errors import Gap
from ledger_service.domain.fact_changes import USUAL
from ledger_service.domain.follow_up_changes import Changes
from ledger_service.domain.tally import tally
from ledger_service.persistence import (
    complaints,
    entries,
    follow_up_changes,
    locating,
    orders,
    rereading,
    statistics_changes,
    transfers,
    unknown_photos,
)
from ledger_service.persistence.rereading import Held
from ledger_service.persistence.statistics_changes import Change
from ledger_service.service.erasing import follow_erasures
from ledger_service.service.matters import Matters
from ledger_service.service.rule_books import rule_books

_BY_RULE = {
    EventType.RESOLVED: verify_by_rule,
    EventType.PHOTOS_CHECKED: verify_checked,
    EventType.RECLASSIFIED: close_uncalled,
}
_ANSWERS = frozenset({EventType.RELEASED, EventType.RELEASE_REFUSED})
_CAUSES = _ANSWERS | _BY_RULE.keys()
_INTAKES_ENDINGS = frozenset(RELEASE_ENDINGS.values())


class _Slice:
    """Enters events one after the other, and gathers what is to be written."""

    def __init__(
        self,
        books: Mapping[str, RuleBook],
        matters: Matters,
        known: Mapping[UUID, Complaint],
        *,
        holds: bool = False,
    ) -> None:
        """`known` are the complaints as they were read; others may be added to it.

        Where it `holds`, nothing follows by rule: it may stand further behind on the topic, which is read again.
        """
        self.known = known
        self._holds = holds
        self._held: list[Held] = []
        self.entered: list[Entry] = []
        self.tasks = Changes(books, holds=holds)
        self.matters = matters
        self.by_rule: dict[UUID, Event] = {}
        self.tallies = {complaint_id: tally(complaint) for complaint_id, complaint in known.items()}

    def enter(self, complaint: Complaint, event: Event) -> None:
        """Enter the event, and the ending that follows where dispatch has answered a decision."""
        self.entered.append(complaint.enter(event))
        self.tasks.note(complaint, event)
        self.end(complaint, event)

    def end(self, complaint: Complaint, event: Event) -> None:
        """Enter the ending that follows from `event`, which is entered, where dispatch has answered a decision."""
        ending = self.matters.follow(complaint, event)
        if ending is not None:
            self._follow_up(complaint, event, (ending,))

    def act_by_rule(self, complaint: Complaint, event: Event) -> None:
        """Enter what follows by the closing rules from `event`, which is entered; an approved ending comes first."""
        by_rule = _BY_RULE.get(event.type)
        if by_rule is not None and not self.matters.is_ending(complaint):
            self._follow_up(complaint, event, by_rule(complaint, event, self.tasks.rule_of(complaint)))

    def _follow_up(self, complaint: Complaint, cause: Event, events: Sequence[Event]) -> None:
        if self._holds and events:
            self._held.append(Held.of(complaint, cause))
            return
        for event in events:
            self.enter(complaint, event)
            self.by_rule[event.id] = event

    async def write(self, connection: AsyncConnection) -> None:
        """Write what became of the complaints, entries, tasks and requests, and what it changes in the figures."""
        at = await entries.moment(connection)
        await complaints.save(connection, self.known.values())
        await entries.append(connection, self.entered, at)
        await follow_up_changes.save(connection, self.tasks)
        await self.matters.save(connection)
        if self._held:
            await rereading.hold(connection, self._held)
        await statistics_changes.append(
            connection,
            (Change(at, self.tallies.get(each.id), tally(each), each.deeds) for each in self.known.values()),
        )


async def record_slice(connection: AsyncConnection, events: Sequence[Event]) -> list[Event]:
    """Enter `events` of any number of complaints, in order, in some sixteen statements, and more for an erasure.

    Returns what follows from them by rule, entered as well. Raises Gap, Unenterable or IllegalTransition at the first
    event that does not fit; nothing is written then.
    """
    if not events:
        return []
    tenants, ids = {event.tenant for event in events}, {event.subject for event in events}
    known = await complaints.lock_many(connection, tenants, ids)
    await transfers.tell_since(connection, known, events)
    rare = [event for event in events if event.type not in USUAL]
    there = await _causes_of_endings(connection, rare)
    holds = any(event.type in _CAUSES for event in events) and await rereading.is_on(connection)
    books, matters = await rule_books(connection, tenants), await Matters.of(connection, events)
    slice_ = _Slice(books, matters, known, holds=holds)
    for event in events:
        if event.id in slice_.by_rule:
            continue  # a ledger that was restored finds what it has just made again on the topic
        if event.type in _INTAKES_ENDINGS and event.causation_id is not None and event.causation_id not in there:
            raise Gap(f"{event.type} came before the {EventType.RELEASED} that caused it")
        there.add(event.id)
        complaint = known.get(event.subject)
        if complaint is None:
            complaint = known[event.subject] = Complaint.unknown(event.subject, event.tenant)
        slice_.enter(complaint, event)
        slice_.act_by_rule(complaint, event)
    await slice_.write(connection)
    await locating.follow(connection, rare)
    await orders.follow(connection, rare)
    await unknown_photos.follow(connection, rare)
    await _follow_erasures(connection, rare)
    return [*slice_.by_rule.values()]


async def follow_held(connection: AsyncConnection, known: Mapping[UUID, Complaint], causes: Sequence[Event]) -> None:
    """Enter and publish what follows by rule from `causes`, which `known` complaints, locked, have entered before."""
    books = await rule_books(connection, {complaint.tenant for complaint in known.values()})
    slice_ = _Slice(books, await Matters.of(connection, causes), known)
    for cause in causes:
        complaint = known[cause.subject]
        if cause.type is EventType.RECLASSIFIED:
            slice_.tasks.reclassified(complaint, cause)
        slice_.end(complaint, cause)
        slice_.act_by_rule(complaint, cause)
    await slice_.write(connection)
    await outbox.append(connection, LIFECYCLE.name, [*slice_.by_rule.values()])


async def _follow_erasures(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Leave it for later where something has yet to follow from what a complaint's entries say."""
    erasures = [event for event in events if event.type is EventType.ERASED]
    if erasures:
        held = await rereading.held_of(connection, {event.subject for event in erasures})
        await follow_erasures(connection, [event for event in erasures if event.subject not in held])


async def _causes_of_endings(connection: AsyncConnection, events: Sequence[Event]) -> set[UUID]:
    """Return the causes of the endings of intake that are entered already.

    Only there does neither the state nor a number of its own source show that an earlier event is missing.
    """
    causes = {
        event.causation_id: event.subject
        for event in events
        if event.type in _INTAKES_ENDINGS and event.causation_id is not None
    }
    return await entries.known(connection, causes.values(), causes) if causes else set()


async def record_and_publish(connection: AsyncConnection, complaint: Complaint, events: Sequence[Event]) -> None:
    """Enter the ledger's own `events` of one locked complaint, in order, and hand them to the outbox."""
    books, matters = await rule_books(connection, {complaint.tenant}), await Matters.of(connection, events)
    slice_ = _Slice(books, matters, {complaint.id: complaint})
    for event in events:
        slice_.enter(complaint, event)
    await slice_.write(connection)
    await outbox.append(connection, LIFECYCLE.name, events)
