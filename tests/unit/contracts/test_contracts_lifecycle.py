"""The state table: every legal line, and nothing else."""

from itertools import product

import pytest

from contracts.lifecycle import TRANSITIONS, EventType, IllegalTransition, Status, next_status

OPEN = ("received", "assigned", "accepted", "in_progress", "suspended")
NOT_ENDED = (*OPEN, "transferred", "resolved", "verified")
ANYWHERE = (
    *("release_requested", "release_refused"),
    *("located", "photos_checked"),
    *("order_replied", "order_withdrawn", "order_missed"),
    *("ending_requested", "ending_decided", "appeal_decided", "excluded", "erased", "reclassified", "cleared"),
    *("supplemented", "question_asked", "question_answered", "question_lapsed"),
)
LEGAL: dict[tuple[str | None, str], str] = {
    (None, "received"): "received",
    ("received", "assigned"): "assigned",
    ("assigned", "assigned"): "assigned",
    ("assigned", "accepted"): "accepted",
    ("accepted", "started"): "in_progress",
    **{(status, "contributed"): status for status in (*OPEN, "transferred")},
    **{(status, "returned"): "received" for status in ("assigned", "accepted", "in_progress", "transferred")},
    **{(status, "transferred"): "transferred" for status in ("assigned", "accepted", "in_progress")},
    ("in_progress", "rectification_ordered"): "in_progress",
    ("in_progress", "reinspection_due"): "in_progress",
    ("in_progress", "reinspected"): "in_progress",
    ("in_progress", "resolved"): "resolved",
    ("transferred", "resolved"): "resolved",
    **{(status, "extended"): status for status in ("accepted", "in_progress")},
    **{(status, "suspended"): "suspended" for status in ("accepted", "in_progress")},
    ("suspended", "resumed"): "in_progress",
    **{(status, "escalated"): status for status in (*OPEN, "transferred")},
    **{(status, "rescheduled"): status for status in (*OPEN, "transferred")},
    ("resolved", "photos_asked"): "resolved",
    ("resolved", "verified"): "verified",
    **{(status, "rework_ordered"): "assigned" for status in ("resolved", "verified")},
    **{(status, "followed_up"): status for status in ("verified", "closed")},
    ("closed", "rating_appealed"): "closed",
    **{(status, "force_closed"): "closed" for status in NOT_ENDED},
    **{(status, "voided"): "voided" for status in NOT_ENDED},
    ("closed", "reopened"): "assigned",
    ("verified", "closed"): "closed",
    ("closed", "feedback_received"): "closed",
    **{(status, "withdrawn"): "withdrawn" for status in (*OPEN, "merged")},
    **{(status, ending): ending for status in ("received", "assigned") for ending in ("rejected", "merged")},
    ("merged", "unmerged"): "received",
    **{(status, "released"): status for status in (*OPEN, "transferred")},
    **{(status, event): status for status in Status for event in ANYWHERE},
}
"""Written out by hand, from the domain's state table: (from, event) → to."""

ENDS = (Status.WITHDRAWN, Status.VOIDED, Status.REJECTED, Status.MERGED, Status.CLOSED)
MAIN_LINE = ["received", "assigned", "accepted", "started", "resolved", "verified", "closed", "feedback_received"]


@pytest.mark.parametrize(("status", "event"), [*product([None, *Status], EventType)])
def test_a_step_is_legal_exactly_where_the_table_has_it(status: Status | None, event: EventType) -> None:
    target = LEGAL.get((status, event.removeprefix("complaint.")))
    if target is not None:
        assert next_status(status, event) == target
        return
    with pytest.raises(IllegalTransition, match=f"{event} may not follow {status or 'nothing'}") as caught:
        next_status(status, event)
    assert (caught.value.status, caught.value.event) == (status, event)


def test_the_main_line_leads_from_nothing_to_closed() -> None:
    status: Status | None = None
    for step in MAIN_LINE:
        status = next_status(status, EventType(f"complaint.{step}"))
    assert status is Status.CLOSED


@pytest.mark.parametrize(
    ("status", "event", "is_early"),
    [
        (None, EventType.ASSIGNED, True),
        (Status.RESOLVED, EventType.CLOSED, True),
        (Status.IN_PROGRESS, EventType.VERIFIED, True),
        (Status.CLOSED, EventType.VERIFIED, False),
        (Status.ASSIGNED, EventType.RECEIVED, False),
        (Status.RESOLVED, EventType.WITHDRAWN, False),
        (Status.WITHDRAWN, EventType.STARTED, False),
    ],
)
def test_an_event_is_early_where_all_that_it_may_follow_is_still_to_come(
    status: Status | None, event: EventType, *, is_early: bool
) -> None:
    assert IllegalTransition(status, event).is_early == is_early


def test_what_has_ended_is_worked_on_again_only_by_a_reopening_or_once_it_is_no_longer_merged() -> None:
    changes = [each for each, line in TRANSITIONS.items() if line.target is not None]
    possible = {(end, event) for end, event in product(ENDS, changes) if _fits(end, event)}
    assert possible == {
        (Status.CLOSED, EventType.REOPENED),
        (Status.MERGED, EventType.UNMERGED),
        (Status.MERGED, EventType.WITHDRAWN),  # from one end to another
    }


def _fits(status: Status, event: EventType) -> bool:
    return status in TRANSITIONS[event].sources


def test_every_event_has_one_owner_and_the_spine_is_shared_by_three_services() -> None:
    assert set(TRANSITIONS) == set(EventType)
    assert {line.owner for line in TRANSITIONS.values()} == {"intake", "dispatch", "ledger"}
