"""Who may verify and rate, when, and which events follow."""

from datetime import UTC, datetime

import pytest

from contracts.events import ComplaintClosed, ComplaintVerified, FeedbackReceived
from contracts.lifecycle import EventType, IllegalTransition, Status
from histories import OFFICER, OWNER, History
from ledger_service.domain.closing import Occasion, give_feedback, verify
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import FeedbackExists, VerifierIsWorker
from runtime.ids import uuid7

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OCCASION = Occasion(at=NOW, traceparent=f"00-{'a' * 32}-{'b' * 16}-01", new_id=uuid7)
VERIFIED = ComplaintVerified(actor="inspector-1", method="photo")
FEEDBACK = FeedbackReceived(actor=OWNER, satisfaction="dissatisfied", solved=False)


@pytest.fixture
def resolved() -> Complaint:
    history = History().until_resolved()
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events:
        complaint.enter(event)
    return complaint


@pytest.fixture
def closed(resolved: Complaint) -> Complaint:
    for event in verify(resolved, VERIFIED, OCCASION):
        resolved.enter(event)
    return resolved


def test_a_verification_closes_and_the_closing_names_its_cause(resolved: Complaint) -> None:
    verified, closed = verify(resolved, VERIFIED, OCCASION)
    assert (verified.type, closed.type) == (EventType.VERIFIED, EventType.CLOSED)
    assert (verified.sequence, closed.sequence) == (1, 2)
    assert (verified.correlation_id, verified.causation_id) == (verified.id, None)
    assert (closed.correlation_id, closed.causation_id) == (verified.id, verified.id)
    assert {verified.traceparent, closed.traceparent} == {OCCASION.traceparent}
    assert closed.id != verified.id
    assert closed.data == ComplaintClosed(gates=("verification",))
    for event in (verified, closed):
        resolved.enter(event)
    assert (resolved.status, resolved.closed_at) == (Status.CLOSED, NOW)


def test_nobody_verifies_their_own_work(resolved: Complaint) -> None:
    with pytest.raises(VerifierIsWorker):
        verify(resolved, VERIFIED.model_copy(update={"actor": OFFICER}), OCCASION)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.RESOLVED])
def test_only_a_resolved_complaint_is_verified(resolved: Complaint, status: Status) -> None:
    resolved.status = status
    with pytest.raises(IllegalTransition):
        verify(resolved, VERIFIED, OCCASION)


def test_the_word_is_given_once(closed: Complaint) -> None:
    event = give_feedback(closed, FEEDBACK, OCCASION)
    assert (event.sequence, event.correlation_id) == (3, event.id)
    closed.enter(event)
    assert (closed.status, closed.satisfaction, closed.solved) == (Status.CLOSED, "dissatisfied", False)
    with pytest.raises(FeedbackExists):
        give_feedback(closed, FEEDBACK, OCCASION)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.CLOSED])
def test_only_a_closed_complaint_is_rated(closed: Complaint, status: Status) -> None:
    closed.status = status
    with pytest.raises(IllegalTransition):
        give_feedback(closed, FEEDBACK, OCCASION)
