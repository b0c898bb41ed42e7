"""The gates before a closing 结案: what each needs, and which are missing."""

from collections.abc import Iterator
from typing import NamedTuple

from contracts.envelope import Event
from contracts.events import ComplaintClosed, ComplaintVerified
from contracts.lifecycle import ENDED, EventType, Status, next_status
from ledger_service.domain.closing import Occasion, act
from ledger_service.domain.closing_rules import Evidence, Gate, Rule
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import GatesMissing


class EvidenceFlaw(NamedTuple):
    """What a verification lacks, as a JSON pointer, a code, and what would be right."""

    pointer: str
    code: str
    needed: object


class EvidenceMissing(Exception):
    """A verification does not show what the tenant wants to see."""

    def __init__(self, flaws: list[EvidenceFlaw]) -> None:
        super().__init__(", ".join(flaw.code for flaw in flaws))
        self.flaws = flaws


def check_evidence(data: ComplaintVerified, evidence: Evidence) -> None:
    """Raise EvidenceMissing unless a passed verification shows what it has to."""
    found = [*_missing_evidence(data, evidence)]
    if found:
        raise EvidenceMissing(found)


def _missing_evidence(data: ComplaintVerified, evidence: Evidence) -> Iterator[EvidenceFlaw]:
    if data.method not in evidence.methods:
        yield EvidenceFlaw("/method", "verification-method-refused", ", ".join(evidence.methods))
    if len(data.photos or ()) < evidence.photos:
        yield EvidenceFlaw("/photos", "verification-photos-missing", evidence.photos)
    if evidence.position and (data.position is None or data.position.lon is None):
        yield EvidenceFlaw("/position", "verification-position-missing", "")


def missing(complaint: Complaint, rule: Rule, *, is_called: bool) -> list[Gate]:
    """Return the gates that are not passed in the present round; `is_called` says whether the calls are over."""
    passed = set[Gate]()
    if complaint.status is Status.VERIFIED:
        passed.add(Gate.VERIFICATION)
    if is_called:
        passed.add(Gate.FOLLOW_UP)
    return [gate for gate in rule.gates if gate not in passed]


def close_by_hand(complaint: Complaint, rule: Rule, occasion: Occasion, *, is_called: bool) -> Event:
    """Return the closing of a complaint whose gates are all passed.

    Raises IllegalTransition where it has ended, GatesMissing where a gate is not passed.
    """
    if complaint.status in ENDED:
        next_status(complaint.status, EventType.CLOSED)
    absent = missing(complaint, rule, is_called=is_called)
    if absent:
        raise GatesMissing(absent)
    next_status(complaint.status, EventType.CLOSED)
    return act(complaint, EventType.CLOSED, ComplaintClosed(gates=rule.gates), occasion)
