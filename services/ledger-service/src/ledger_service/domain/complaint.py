"""A complaint as the ledger knows it: what all entered events together say of it."""

from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple, Self
from uuid import UUID

from contracts.envelope import Event
from contracts.lifecycle import TRANSITIONS, EventType, Status, next_status
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.domain.fact_changes import CHANGES, USUAL
from ledger_service.domain.facts import Facts
from ledger_service.domain.unsettled import reason_of

SOURCES = ("intake", "dispatch", "ledger")
"""The services whose events make up a history."""


class Entry(NamedTuple):
    """An event in its place in a history; `before` is None where the history begins."""

    event: Event
    before: Status | None
    after: Status


@dataclass(slots=True)
class Complaint(Facts):
    """A history so far: its facts, and its place in it.

    `version` counts the entered events, `sequences` those of each source.
    """

    _: KW_ONLY
    sequences: dict[str, int]
    status: Status | None
    id: UUID
    tenant: str
    version: int = 0
    closing_version: int = 0
    """Of the tenant's closing rules that the present round goes by."""
    is_usual: bool = True
    """Whether nothing but USUAL events was entered since it was read from the store."""
    is_reclassified: bool = False
    """Whether it was put into another category since."""
    lacks_anew: bool = False
    """Whether it came to lack something else since, or nothing: see `domain.unsettled`."""

    @classmethod
    def unknown(cls, complaint_id: UUID, tenant: str) -> Self:
        """Return a complaint that nothing has been heard of."""
        return cls(sequences=dict.fromkeys(SOURCES, 0), status=None, id=complaint_id, tenant=tenant)

    def enter(self, event: Event) -> Entry:
        """Let `event` happen and return it with the states before and after it.

        Raises Gap where an earlier event is missing, Unenterable or IllegalTransition where it can never happen; the
        complaint is as it was then.
        """
        self._expect(event)
        before = self.status
        after = next_status(before, event.type)
        lacked = None if before is None else reason_of(before, self.promised_at)
        change = CHANGES.get(event.type)
        if change is not None:
            change(self, event)
        self.status = after
        self.lacks_anew = self.lacks_anew or reason_of(after, self.promised_at) is not lacked
        if event.type not in USUAL:
            self.is_usual = False
            self.is_reclassified = self.is_reclassified or event.type is EventType.RECLASSIFIED
        if self.facts_version == self.version:
            self.facts_version += 1
        self.version += 1
        self.sequences[event.source] = event.sequence
        return Entry(event, before, after)

    def _expect(self, event: Event) -> None:
        """Refuse what is out of its place in the history, whatever it says."""
        if event.source != TRANSITIONS[event.type].owner:
            raise Unenterable(f"{event.type} cannot come from {event.source}")
        if event.tenant != self.tenant:
            raise Unenterable(f"{event.type} comes from another tenant than the complaint")
        last = self.sequences[event.source]
        if event.sequence <= last:
            raise Unenterable(f"event {event.sequence} of {event.source} has been entered, up to {last}")
        if event.sequence > last + 1:
            raise Gap(f"event {event.sequence} of {event.source} came before event {last + 1}")
        if self.status is None and event.type is not EventType.RECEIVED:
            raise Gap(f"{event.type} came before {EventType.RECEIVED}")
