"""Who may ask for endings and decide, what follows at once, and what follows from dispatch's answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from contracts.closing_events import ComplaintExcluded, ComplaintForceClosed, Ending, EndingDecided, EndingRequested
from contracts.envelope import Event
from contracts.lifecycle import ENDED, EventType, IllegalTransition, Status
from histories import OFFICER, History
from ledger_service.domain import appeals, endings
from ledger_service.domain.closing import Occasion
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.endings import EndingRequest, EndingState
from ledger_service.domain.errors import (
    AppealExists,
    AppealNotPending,
    AppealNotYours,
    AppealTooLate,
    DeciderAsked,
    EndingNotPending,
    EndingPending,
    ExclusionStands,
    RatingMissing,
)
from ledger_service.domain.exclusions import exclude
from runtime.ids import uuid7

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OCCASION = Occasion(at=NOW, traceparent=None, new_id=uuid7)
WEEK = timedelta(days=7)


def known(history: History) -> Complaint:
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events:
        complaint.enter(event)
    return complaint


def at(status: Status) -> tuple[History, Complaint]:
    """Return a complaint in one of the states before the closing."""
    history = History()
    for step in (history.received, history.assigned, history.accepted, history.started, history.resolved):
        step()
        complaint = known(history)
        if complaint.status is status:
            return history, complaint
    complaint.status = status
    complaint.rating, complaint.asked_at = uuid4(), NOW
    return history, complaint


def request(complaint: Complaint, ending: Ending = "voided", **changes: Any) -> EndingRequest:
    asked = endings.ask(complaint, EndingRequested(actor="operator-1", ending=ending, reason="误报"), OCCASION, None)
    complaint.enter(asked)
    return replace(endings.asked(asked), **changes)


def decide(
    complaint: Complaint, asked: EndingRequest | None, *, actor: str = "boss", approved: bool = True
) -> list[Event]:
    return endings.decide(complaint, asked, OCCASION, actor=actor, approved=approved, reason="")


@pytest.mark.parametrize("status", sorted(endings.HANDLED))
@pytest.mark.parametrize("ending", ["voided", "closed"])
def test_what_is_handled_ends_with_the_approval(status: Status, ending: Ending) -> None:
    _, complaint = at(status)
    decided, ended = decide(complaint, request(complaint, ending))
    assert (decided.sequence, ended.sequence, ended.causation_id) == (2, 3, decided.id)
    assert (ended.correlation_id, ended.time) == (decided.id, NOW)
    for event in (decided, ended):
        complaint.enter(event)
    assert complaint.status == ending
    if ending == "closed":
        assert complaint.closed_at == NOW
        assert cast(ComplaintForceClosed, ended.data).gates == (("verification",) if status is Status.VERIFIED else ())


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS])
def test_before_that_the_approval_only_asks_dispatch(status: Status) -> None:
    _, complaint = at(status)
    [decided] = decide(complaint, request(complaint))
    data = cast(EndingDecided, decided.data)
    assert (data.approved, data.status) == (True, status)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_has_ended_stays_so(status: Status) -> None:
    _, complaint = at(Status.RESOLVED)
    asked = request(complaint)
    complaint.status = status
    with pytest.raises(IllegalTransition):
        request(complaint)
    for approved in (True, False):
        with pytest.raises(IllegalTransition):
            decide(complaint, asked, approved=approved)


def test_there_is_one_request_at_a_time_and_one_decision_by_somebody_else() -> None:
    _, complaint = at(Status.ASSIGNED)
    asked = request(complaint)
    with pytest.raises(EndingPending):
        endings.ask(complaint, EndingRequested(actor="x", ending="closed", reason="x"), OCCASION, asked)
    with pytest.raises(DeciderAsked):
        decide(complaint, asked, actor="operator-1")
    for settled in (None, replace(asked, state=EndingState.APPROVED), replace(asked, state=EndingState.REFUSED)):
        with pytest.raises(EndingNotPending):
            decide(complaint, settled)


def test_the_ending_follows_from_the_release_and_is_the_same_whoever_makes_it() -> None:
    history, complaint = at(Status.ACCEPTED)
    asked = request(complaint)
    [decided] = decide(complaint, asked)
    complaint.enter(decided)
    approved = endings.settle(asked, decided)
    released = history.released(decided.id, Status.ACCEPTED, ending="voided")._replace(traceparent="t", raw=b"{}")
    complaint.enter(released)
    ended, again = (endings.follow(complaint, approved, released) for _ in range(2))
    assert ended is not None
    assert ended == again
    assert (ended.source, ended.sequence, ended.time, ended.causation_id) == ("ledger", 3, released.time, released.id)
    assert (ended.correlation_id, ended.traceparent, ended.raw) == (released.correlation_id, "t", b"")
    assert endings.settle(approved, ended).state is EndingState.DONE


def test_a_refusal_ends_what_is_handled_and_lets_the_request_lapse_otherwise() -> None:
    history, complaint = at(Status.IN_PROGRESS)
    asked = request(complaint, "closed")
    [decided] = decide(complaint, asked)
    approved = endings.settle(asked, decided)
    refused = history.release_refused(decided.id, Status.WITHDRAWN)
    assert endings.follow(complaint, approved, refused) is None
    assert endings.settle(approved, refused).state is EndingState.LAPSED
    complaint.enter(history.resolved()._replace(sequence=complaint.sequences["dispatch"] + 1))
    ended = endings.follow(complaint, approved, refused)
    assert ended is not None
    assert ended.type is EventType.FORCE_CLOSED


def test_an_answer_to_somebody_else_says_nothing_of_the_request() -> None:
    history, complaint = at(Status.ACCEPTED)
    asked = request(complaint)
    [decided] = decide(complaint, asked)
    approved = endings.settle(asked, decided)
    for answer in (history.released(uuid4()), history.release_refused(uuid4(), Status.RESOLVED)):
        assert endings.follow(complaint, approved, answer) is None
        assert endings.settle(approved, answer) is approved
    assert endings.follow(complaint, asked, history.released(decided.id)) is None


def test_another_round_makes_a_request_lapse() -> None:
    history, complaint = at(Status.RESOLVED)
    assert endings.settle(request(complaint), history.reopened()).state is EndingState.LAPSED
    assert endings.settle(request(complaint), history.unmerged()).state is EndingState.LAPSED
    assert endings.settle(request(complaint), history.rework_ordered()).state is EndingState.PENDING


def appeal(complaint: Complaint, **changes: Any) -> Event:
    facts: dict[str, Any] = {
        "occasion": OCCASION,
        "actor": OFFICER,
        "reason": "x",
        "only_worker": True,
        "window": WEEK,
    }
    return appeals.appeal(complaint, **(facts | changes))


def test_an_appeal_needs_a_rating_that_is_young_and_an_appellant_who_has_done_the_work() -> None:
    _, complaint = at(Status.CLOSED)
    assert appeal(complaint).type is EventType.RATING_APPEALED
    assert appeal(complaint, actor="dispatcher-1", only_worker=False)
    late = {"occasion": replace(OCCASION, at=NOW + WEEK + timedelta(seconds=1))}
    assert appeal(complaint, occasion=replace(OCCASION, at=NOW + WEEK))
    for refusal, changes in ((AppealNotYours, {"actor": "officer-9"}), (AppealTooLate, late)):
        with pytest.raises(refusal):
            appeal(complaint, **changes)
    complaint.appeal = uuid4()
    with pytest.raises(AppealExists):
        appeal(complaint)
    complaint.rating = None
    with pytest.raises(RatingMissing):
        appeal(complaint)
    complaint.status = Status.RESOLVED
    with pytest.raises(IllegalTransition):
        appeal(complaint)


def test_an_appeal_is_decided_once_and_by_somebody_else() -> None:
    history, complaint = at(Status.CLOSED)
    made = appeals.made(appeal(complaint))
    decided = appeals.decide(complaint, made, OCCASION, actor="boss", upheld=True, reason="x")
    settled = appeals.settle(made, decided)
    assert (settled.state, settled.decided_by) == ("upheld", "boss")
    assert appeals.settle(appeals.made(appeal(complaint)), decided).state == "pending"
    assert appeals.settle(made, history.reopened()).state == "lapsed"
    with pytest.raises(DeciderAsked):
        appeals.decide(complaint, made, OCCASION, actor=OFFICER, upheld=True, reason="x")
    for one in (None, settled):
        with pytest.raises(AppealNotPending):
            appeals.decide(complaint, one, OCCASION, actor="boss", upheld=True, reason="x")


def test_an_exclusion_changes_something() -> None:
    _, complaint = at(Status.RECEIVED)
    out = ComplaintExcluded(actor="boss", indicators="all", excluded=True, reason="x")
    back = out.model_copy(update={"excluded": False})
    with pytest.raises(ExclusionStands):
        exclude(complaint, back, OCCASION)
    event = exclude(complaint, out, OCCASION)
    assert event.data == out
    complaint.enter(event)
    with pytest.raises(ExclusionStands):
        exclude(complaint, out, OCCASION)
    assert exclude(complaint, back, OCCASION).data == back
