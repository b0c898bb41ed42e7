"""The work on one complaint: what its state allows, and who may act on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.lifecycle import RELEASE_ENDINGS, TRANSITIONS, EventType, IllegalTransition, Status, next_status
from dispatch_service.domain.errors import ActionConflict, EarlierMissing, NotYourTeam, StartOutOfRange
from dispatch_service.domain.life_errors import MomentOutOfRange

NEW_ROUND = frozenset({EventType.REWORK_ORDERED, EventType.REOPENED})
"""After these the unit works on the case again."""
INTAKES = frozenset(event for event, line in TRANSITIONS.items() if line.owner == "intake")
"""All of them are followed here: what intake has numbered has no hole."""
SAID = frozenset(
    {
        EventType.SUPPLEMENTED,
        EventType.QUESTION_ASKED,
        EventType.QUESTION_ANSWERED,
        EventType.QUESTION_LAPSED,
    }
)
"""What passes between reporter and bureau."""
_HOLDS_LATE = SAID | {EventType.ERASED}
"""Nothing that comes after them takes them back."""
_ENDINGS = frozenset(RELEASE_ENDINGS.values())
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far an officer's device may be ahead of the server, or behind the moment of receipt."""
RUNNING = frozenset({Status.RECEIVED, Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.TRANSFERRED})
"""The clock runs: also while a returned case waits for another unit, or another department has it."""
OPEN = frozenset(
    {
        Status.RECEIVED,
        Status.ASSIGNED,
        Status.ACCEPTED,
        Status.IN_PROGRESS,
        Status.SUSPENDED,
        Status.TRANSFERRED,
    }
)
"""Somebody still has to do something with the case."""


@dataclass(slots=True)
class Case:
    """What a decision about a case needs to know of it, and what a decision changes.

    `version` counts what people and other services do to it (it is the ETag, and what devices say they saw): what time
    alone does leaves it, since nothing that an officer has done meanwhile would be wrong for it. `sequence` counts the
    events that dispatch has published about it;
    `ledger_sequence` and `intake_sequence` are the numbers of these services' last events that were followed.
    `intake_uncounted` says how many of intake's after that one may have been followed without being counted; None where
    nobody knows.
    """

    complaint_id: UUID
    tenant: str
    status: Status
    version: int
    sequence: int
    round: int
    team: str
    grid: str | None
    community: str | None
    received_at: datetime
    ledger_sequence: int = 0
    intake_sequence: int = 0
    intake_uncounted: int | None = None
    waiting_since: datetime | None = None
    """Since when its clock waits for the reporter's answer; stays, as the moment at which it stopped, with a result."""
    updated_at: datetime | None = None
    """When it was last changed; None where that does not matter."""
    component: str | None = None
    """The component 部件 that it is about; None too where that does not matter."""

    def no_earlier(self, now: datetime) -> datetime:
        """Return `now`, or when the case last changed, where a clock was set back since: each step follows the last."""
        return max(now, self.received_at, self.updated_at or now)

    def check(self, event: EventType) -> Status:
        """Return the state after an event of dispatch's own; ActionConflict where the state table has no such line."""
        try:
            return next_status(self.status, event)
        except IllegalTransition as error:
            raise ActionConflict(event, self.status, self.version) from error

    def check_transferred(self, event: EventType) -> None:
        """Raise ActionConflict for an event that may follow only while another department has the case."""
        if self.status is not Status.TRANSFERRED:
            raise ActionConflict(event, self.status, self.version)

    def check_with_unit(self, event: EventType) -> None:
        """Raise ActionConflict where another department has the case, whose unit can do nothing meanwhile."""
        if self.status is Status.TRANSFERRED:
            raise ActionConflict(event, self.status, self.version)

    def act(self, event: EventType) -> None:
        """Move on by an event of dispatch's own; raises ActionConflict where the state table has no such line."""
        self.status = self.check(event)
        self.version += 1
        self.sequence += 1

    def tell(self, event: EventType) -> None:
        """Count an event that leaves what is to be done with the case; raises ActionConflict like `act`.

        A timer tells that a time is over, or an order was answered: the version stays.
        """
        self.check(event)
        self.sequence += 1

    def follow(self, event: EventType, sequence: int) -> bool:
        """Move on by another service's event, its `sequence`-th; return False where that had happened already.

        Raises IllegalTransition where the state table has no such line.
        """
        is_ledgers = TRANSITIONS[event].owner == "ledger"
        if is_ledgers and sequence <= self.ledger_sequence:
            return False
        if self.status is TRANSITIONS[event].target and event not in NEW_ROUND:
            return False
        self.status = next_status(self.status, event)
        self.version += 1
        if is_ledgers:
            self.ledger_sequence = sequence
        return True

    def hear(self, event: EventType, sequence: int) -> bool:
        """Count intake's `sequence`-th event; return False where a later one was heard before, and it says nothing now.

        Raises EarlierMissing where one before it was not heard: only of a case that was counted from its receipt.
        """
        if sequence <= self.intake_sequence:
            return event in _HOLDS_LATE
        if self.intake_uncounted is not None:
            missing = sequence - self.intake_sequence - 1
            if missing > (0 if self._has_followed(event) else self.intake_uncounted):
                raise EarlierMissing(self.tenant, self.complaint_id, sequence, self.intake_sequence + 1)
            self.intake_uncounted = 0 if event in _ENDINGS else self.intake_uncounted - missing
        elif event in _HOLDS_LATE:
            return True  # what is missing before it would be passed over, were it counted
        self.intake_sequence = sequence
        return True

    def _has_followed(self, event: EventType) -> bool:
        """Say whether it stands where an ending of intake would bring it: dispatch has let go of it before."""
        return event in _ENDINGS and TRANSITIONS[event].target is self.status

    def wait_for_reporter(self, since: datetime) -> bool:
        """Let the clock wait; False where it does not run, or waits already."""
        if self.status not in RUNNING or self.waiting_since is not None:
            return False
        self.waiting_since = since
        return True

    def go_on(self) -> datetime | None:
        """Let the clock run again, which dispatch tells by an event of its own; return since when it has waited.

        None where it does not wait: there was a result meanwhile, or it was laid aside.
        """
        since = self.waiting_since
        if since is None or self.status not in RUNNING:
            return None
        self.waiting_since = None
        self.sequence += 1
        return since

    def unmerge(self, *, waits: bool) -> None:
        """Begin anew what is no longer merged, which dispatch tells by an event of its own: with its unit, or, where it
        `waits` for another, by a new promise alone.
        """
        if waits:
            self.tell(EventType.RESCHEDULED)
        else:
            self.act(EventType.ASSIGNED)

    def begin_round(self) -> None:
        """Begin another round of work, which dispatch tells by an event of its own."""
        self.waiting_since = None
        self.round += 1
        self.version += 1
        self.sequence += 1

    def answer_release(self, ending: str) -> EventType:
        """Decide whether the complaint may still end so, with one of RELEASE_ENDINGS: only where the table has a line.

        Its ending is followed by replicas of the release before without a trace; that goes with the next release.
        """
        decision = self._let_go(RELEASE_ENDINGS[ending], Status(ending))
        if decision is EventType.RELEASED and self.intake_uncounted is not None:
            self.intake_uncounted = 1
        return decision

    def answer_ending(self, sequence: int, ending: Status) -> EventType | None:
        """Decide whether the complaint may end as the ledger has decided: only while the work is not done.

        The answer to the ledger's `sequence`-th event is None where that was decided already.
        """
        if sequence <= self.ledger_sequence:
            return None
        self.ledger_sequence = sequence
        return self._let_go(EventType.RELEASED, ending)

    def _let_go(self, allowed: EventType, ending: Status) -> EventType:
        """Release the case where `allowed` may follow and there is work to let go of: no officer acts on it then."""
        self.sequence += 1
        if self.status not in TRANSITIONS[allowed].sources & TRANSITIONS[EventType.RELEASED].sources:
            return EventType.RELEASE_REFUSED
        self.status = ending
        self.version += 1
        return EventType.RELEASED


def check_membership(case: Case, teams: frozenset[str]) -> None:
    """Raise NotYourTeam unless the case's team is among the caller's `teams`."""
    if case.team not in teams:
        raise NotYourTeam(case.team)


def check_open(case: Case) -> None:
    """Raise ActionConflict where the work on the case has ended."""
    if case.status not in OPEN:
        raise ActionConflict(EventType.ASSIGNED, case.status, case.version)


def check_moment(field: str, moment: datetime, earliest: datetime, now: datetime) -> None:
    """Raise MomentOutOfRange for a moment, given as `field`, in the future or before `earliest`."""
    if not earliest - CLOCK_TOLERANCE <= moment <= now + CLOCK_TOLERANCE:
        raise MomentOutOfRange(field, earliest, now)


def check_start(started_at: datetime, earliest: datetime, now: datetime) -> None:
    """Raise StartOutOfRange for a start in the future or before `earliest`, when the round began."""
    if not earliest - CLOCK_TOLERANCE <= started_at <= now + CLOCK_TOLERANCE:
        raise StartOutOfRange(earliest, now)


def is_believed(case: Case, moment: datetime, now: datetime) -> bool:
    """Say whether something may have been done at `moment`: not in the future, nor before the complaint came in.

    Devices that were offline report late, so any moment in between is believed.
    """
    return case.received_at - CLOCK_TOLERANCE <= moment <= now + CLOCK_TOLERANCE
