"""How a history goes on, and what it refuses."""

import copy
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.events import (
    PAYLOADS,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintExtended,
    ComplaintResumed,
    ComplaintSuspended,
    ComplaintVerified,
    FeedbackReceived,
)
from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition, Status
from histories import OFFICER, History
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import Gap, Unenterable
from ledger_service.domain.facts import Facts

_SOON = "2026-03-09T10:00:00Z"


def _others(history: History) -> list[Event]:
    """Return events of the types that a straight story lacks; their order is of no account."""
    request = history.events[-1].id
    author = History()
    author.id, author.tenant = history.id, history.tenant
    asked = {"actor": "dispatcher-1", "team": "team-01", "asked_by": OFFICER, "reason": "等配件"}
    until = datetime(2026, 3, 9, tzinfo=UTC)
    return [
        author.event(EventType.EXTENDED, ComplaintExtended.model_validate({**asked, "promised_at": until})),
        author.event(EventType.SUSPENDED, ComplaintSuspended.model_validate(asked)),
        author.event(EventType.RESUMED, ComplaintResumed.model_validate({**asked, "promised_at": until})),
        author.event(EventType.ESCALATED, ComplaintEscalated(level=80, stage="accept", team="team-01")),
        author.returned(),
        author.unmerged(),
        author.transferred(),
        author.rectification_ordered(),
        author.reinspection_due(),
        author.rework_ordered(),
        author.reopened(),
        author.released(request),
        author.release_refused(request, Status.CLOSED),
        author.withdrawn(),
        author.rejected(),
        author.merged(),
        author.located(),
        author.reclassified("noise.night"),
        author.cleared(),
        author.erased(),
        author.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="call")),
        author.event(EventType.CLOSED, ComplaintClosed(gates=("verification",))),
        author.event(EventType.FEEDBACK_RECEIVED, FeedbackReceived(actor="x", satisfaction="satisfied", solved=True)),
        *(author.event(event_type, PAYLOADS[event_type].model_validate(said)) for event_type, said in _said(request)),
    ]


def _said(other: UUID) -> list[tuple[EventType, dict[str, object]]]:
    """Return what the rarer events say; `other` stands for whatever event they refer to."""
    word = {"actor": "supervisor-1", "reason": "重复登记"}
    call = {"actor": "operator-1", "task": other, "attempt": 1, "outcome": "no_answer", "done": False}
    return [
        (EventType.FOLLOWED_UP, call),
        (EventType.RATING_APPEALED, {**word, "rating": other}),
        (EventType.APPEAL_DECIDED, {**word, "appeal": other, "upheld": True}),
        (EventType.ENDING_REQUESTED, {**word, "ending": "voided"}),
        (EventType.ENDING_DECIDED, {**word, "ending": "voided", "request": other, "approved": True}),
        (EventType.FORCE_CLOSED, {**word, "decision": other, "gates": ()}),
        (EventType.VOIDED, {**word, "decision": other}),
        (EventType.SUPPLEMENTED, {**word, "supplement": other, "by": "reporter", "text": "x"}),
        (EventType.QUESTION_ASKED, {**word, "question": other, "text": "x", "lapses_at": _SOON}),
        (EventType.QUESTION_ANSWERED, {**word, "question": other, "by": "reporter", "text": "x"}),
        (EventType.QUESTION_LAPSED, {"question": other}),
        (EventType.CONTRIBUTED, {"actor": "x", "team": "team-02", "supporting": True, "text": "x"}),
        (EventType.REINSPECTED, {"actor": "x", "team": "team-01", "passed": True}),
        (EventType.PHOTOS_ASKED, {"photos": (other,)}),
        (EventType.PHOTOS_CHECKED, {"unknown": (other,)}),
        (EventType.ORDER_REPLIED, {"actor": "x", "team": "team-01", "order_id": other, "text": "x", "late": True}),
        (EventType.ORDER_WITHDRAWN, {**word, "team": "team-01", "order_id": other}),
        (EventType.ORDER_MISSED, {"order_id": other, "deadline": _SOON, "team": "team-01", "ordered_by": "x"}),
        (EventType.RESCHEDULED, {"promised_at": _SOON}),
        (EventType.EXCLUDED, {**word, "indicators": "all", "excluded": True}),
    ]


def entered(history: History) -> Complaint:
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events:
        complaint.enter(event)
    return complaint


def test_a_history_adds_up() -> None:
    history = History().until_resolved()
    complaint = entered(history)
    assert (complaint.status, complaint.version) == (Status.RESOLVED, 5)
    assert complaint.sequences == {"intake": 1, "dispatch": 4, "ledger": 0}
    assert (complaint.team, complaint.grid, complaint.worker) == ("team-01", "grid-01", OFFICER)


def test_an_entry_names_the_states_before_and_after() -> None:
    history = History()
    complaint = Complaint.unknown(history.id, history.tenant)
    event = history.received()
    assert complaint.enter(event) == (event, None, Status.RECEIVED)
    request = history.release_requested()
    assert complaint.enter(request) == (request, Status.RECEIVED, Status.RECEIVED)


@pytest.mark.parametrize(("status", "event_type"), list(product(Status, EventType)))
def test_it_takes_what_the_state_table_has_and_refuses_the_rest(status: Status, event_type: EventType) -> None:
    history = History().until_resolved()
    history.release_requested()
    samples = {event.type: event for event in [*history.events, *_others(history)]}
    complaint = Complaint.unknown(history.id, history.tenant)
    complaint.status = status
    source = TRANSITIONS[event_type].owner
    event = samples[event_type]._replace(sequence=1)
    before = copy.deepcopy(complaint)
    if status in TRANSITIONS[event_type].sources:
        assert complaint.enter(event).after == (TRANSITIONS[event_type].target or status)
        assert (complaint.version, complaint.sequences[source]) == (1, 1)
    else:
        with pytest.raises(IllegalTransition):
            complaint.enter(event)
        assert complaint == before


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_event_is_a_gap(missing: int) -> None:
    history = History().until_resolved()
    complaint = Complaint.unknown(history.id, history.tenant)
    for event in history.events[:missing]:
        complaint.enter(event)
    with pytest.raises(Gap):
        complaint.enter(history.events[missing + 1])


def test_a_number_that_was_entered_is_refused_but_is_no_gap() -> None:
    history = History().until_resolved()
    complaint = entered(history)
    for event in history.events:
        with pytest.raises(Unenterable, match="has been entered") as refused:
            complaint.enter(event)
        assert not isinstance(refused.value, Gap)


def test_a_wrong_source_or_tenant_is_refused() -> None:
    history, foreign = History(), History(tenant="110101")
    history.received()
    complaint = entered(history)
    assigned = history.assigned()
    with pytest.raises(Unenterable, match="cannot come from intake"):
        complaint.enter(assigned._replace(sequence=2, source="intake"))
    with pytest.raises(Unenterable, match="another tenant"):
        complaint.enter(foreign.assigned())
    assert complaint.version == 1


def test_rework_and_reopening_begin_rounds_and_take_back_the_closing() -> None:
    history = History().until_resolved()
    complaint = entered(history)
    for event, number in ((history.rework_ordered(2), 2), (history.assigned(number=2), 2)):
        assert complaint.enter(event).after is Status.ASSIGNED
        assert complaint.round == number
    for step in (history.accepted, history.started, history.resolved):
        complaint.enter(step())
    verified = history.event(EventType.VERIFIED, ComplaintVerified(actor="inspector-1", method="call"))
    closed = history.event(EventType.CLOSED, ComplaintClosed(gates=("verification",)))
    word = FeedbackReceived(actor="x", satisfaction="dissatisfied", solved=False)
    for event in (verified, closed, history.event(EventType.FEEDBACK_RECEIVED, word)):
        complaint.enter(event)
    assert (complaint.closed_at, complaint.satisfaction) == (closed.time, "dissatisfied")
    complaint.enter(history.reopened(3))
    assert (complaint.status, complaint.round) == (Status.ASSIGNED, 3)
    assert (complaint.closed_at, complaint.satisfaction, complaint.solved) == (None, None, None)


def test_another_assignment_replaces_the_unit() -> None:
    history = History()
    history.received()
    history.assigned()
    history.assigned("team-02", community="maixi", grid="grid-02")
    complaint = entered(history)
    assert (complaint.team, complaint.community, complaint.grid) == ("team-02", "maixi", "grid-02")
    assert complaint.team_name == "team-02 网格队"


def test_what_a_supporting_unit_contributes_is_entered_and_leaves_all_facts_with_the_lead() -> None:
    history = History()
    for step in (history.received, history.assigned, history.accepted, history.started):
        step()
    complaint = entered(history)
    before = copy.deepcopy(complaint)
    said = {"actor": "officer-2", "team": "team-02", "supporting": True, "text": "已派车", "part_done": True}
    event = history.event(EventType.CONTRIBUTED, PAYLOADS[EventType.CONTRIBUTED].model_validate(said))
    assert complaint.enter(event) == (event, Status.IN_PROGRESS, Status.IN_PROGRESS)
    known = {field.name for field in fields(Facts)} - {"facts_version", "deeds"}
    assert {name: getattr(complaint, name) for name in known} == {name: getattr(before, name) for name in known}
