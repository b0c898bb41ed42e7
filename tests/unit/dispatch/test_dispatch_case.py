from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.lifecycle import RELEASE_ENDINGS, TRANSITIONS, EventType, IllegalTransition, Status
from dispatch_service.domain.case import Case, check_membership, check_start
from dispatch_service.domain.errors import ActionConflict, EarlierMissing, NotYourTeam, StartOutOfRange

RECEIVED_AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
NOW = RECEIVED_AT + timedelta(hours=2)


def a_case(status: Status = Status.ASSIGNED) -> Case:
    return Case(
        complaint_id=UUID(int=1),
        tenant="522723",
        status=status,
        version=4,
        sequence=3,
        round=1,
        team="team-01",
        grid="grid-01",
        community="community-01",
        received_at=RECEIVED_AT,
    )


ACTIONS = [EventType.ASSIGNED, EventType.ACCEPTED, EventType.STARTED, EventType.RESOLVED]


@pytest.mark.parametrize("event", ACTIONS)
@pytest.mark.parametrize("status", Status)
def test_an_action_follows_the_state_table_or_changes_nothing(status: Status, event: EventType) -> None:
    case = a_case(status)

    if status in TRANSITIONS[event].sources:
        case.act(event)
        assert (case.status, case.version, case.sequence) == (TRANSITIONS[event].target, 5, 4)
    else:
        with pytest.raises(ActionConflict) as refusal:
            case.act(event)
        assert (refusal.value.status, refusal.value.version) == (status, 4)
        assert case == a_case(status)


@pytest.mark.parametrize(
    "status", [Status.RECEIVED, Status.ASSIGNED, Status.ACCEPTED, Status.IN_PROGRESS, Status.SUSPENDED]
)
def test_work_that_is_not_done_is_released(status: Status) -> None:
    case = a_case(status)

    assert case.answer_release("withdrawn") is EventType.RELEASED
    assert (case.status, case.version, case.sequence) == (Status.WITHDRAWN, 5, 4)
    for event in ACTIONS:
        with pytest.raises(ActionConflict):
            case.act(event)


@pytest.mark.parametrize(("ending", "event"), RELEASE_ENDINGS.items())
@pytest.mark.parametrize("status", Status)
def test_each_ending_is_granted_from_the_states_that_it_may_follow(
    status: Status, ending: str, event: EventType
) -> None:
    case = a_case(status)
    is_granted = status in TRANSITIONS[event].sources & TRANSITIONS[EventType.RELEASED].sources

    assert case.answer_release(ending) is (EventType.RELEASED if is_granted else EventType.RELEASE_REFUSED)
    assert case.status == (ending if is_granted else status)


def test_only_what_was_merged_ends_anew_and_is_not_released() -> None:
    released = TRANSITIONS[EventType.RELEASED].sources
    endings = RELEASE_ENDINGS.values()
    exceptions = {(status, event) for event in endings for status in TRANSITIONS[event].sources - released}
    assert exceptions == {(Status.MERGED, EventType.WITHDRAWN)}


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.VERIFIED, Status.CLOSED, Status.WITHDRAWN])
def test_work_that_is_done_is_not_released_and_the_refusal_is_no_change(status: Status) -> None:
    case = a_case(status)

    assert case.answer_release("withdrawn") is EventType.RELEASE_REFUSED
    assert (case.status, case.version, case.sequence) == (status, 4, 4)


def test_events_of_other_services_move_the_case_without_an_event_of_its_own() -> None:
    case = a_case(Status.RESOLVED)

    assert case.follow(EventType.VERIFIED, 1)
    assert case.follow(EventType.CLOSED, 2)
    assert (case.status, case.version, case.sequence, case.ledger_sequence) == (Status.CLOSED, 6, 3, 2)


def test_a_request_of_an_earlier_round_that_comes_again_is_not_decided_again() -> None:
    case = a_case(Status.RESOLVED)
    assert case.hear(EventType.RELEASE_REQUESTED, 2)
    assert case.answer_release("withdrawn") is EventType.RELEASE_REFUSED
    assert case.follow(EventType.REWORK_ORDERED, 1)
    case.begin_round()
    assert not case.hear(EventType.RELEASE_REQUESTED, 2)
    assert case.hear(EventType.RELEASE_REQUESTED, 3)
    assert case.answer_release("withdrawn") is EventType.RELEASED


def test_what_is_lost_before_the_ending_that_was_let_go_of_is_missed() -> None:
    case = replace(a_case(), intake_sequence=1, intake_uncounted=0)
    assert case.hear(EventType.RELEASE_REQUESTED, 2)
    assert case.answer_release("merged") is EventType.RELEASED
    with pytest.raises(EarlierMissing, match="event 4 of intake came before event 3"):
        case.hear(EventType.MERGED, 4)
    assert case.hear(EventType.MERGED, 3)
    assert not case.hear(EventType.MERGED, 3)


def test_an_event_of_an_earlier_round_that_comes_again_is_no_news() -> None:
    case = a_case(Status.RESOLVED)
    assert case.follow(EventType.REWORK_ORDERED, 1)
    case.begin_round()
    assert (case.status, case.round, case.sequence) == (Status.ASSIGNED, 2, 4)

    case.status = Status.RESOLVED
    assert not case.follow(EventType.REWORK_ORDERED, 1)
    assert (case.status, case.round) == (Status.RESOLVED, 2)
    assert case.follow(EventType.REWORK_ORDERED, 2)


@pytest.mark.parametrize("event", [EventType.REWORK_ORDERED, EventType.REOPENED])
def test_a_round_does_not_begin_while_one_goes_on(event: EventType) -> None:
    with pytest.raises(IllegalTransition) as refusal:
        a_case(Status.ASSIGNED).follow(event, 1)
    assert refusal.value.is_early


def test_a_withdrawal_that_was_released_is_no_news() -> None:
    case = a_case(Status.WITHDRAWN)

    assert not case.follow(EventType.WITHDRAWN, 2)
    assert case == a_case(Status.WITHDRAWN)


def test_an_event_out_of_the_table_is_refused() -> None:
    with pytest.raises(IllegalTransition, match=r"complaint\.verified may not follow assigned"):
        a_case(Status.ASSIGNED).follow(EventType.VERIFIED, 1)


def test_only_members_of_the_team_may_act() -> None:
    check_membership(a_case(), frozenset({"team-02", "team-01"}))
    with pytest.raises(NotYourTeam) as refusal:
        check_membership(a_case(), frozenset({"team-02"}))
    assert refusal.value.team == "team-01"


@pytest.mark.parametrize(
    "started_at", [RECEIVED_AT - timedelta(minutes=5), RECEIVED_AT, NOW, NOW + timedelta(minutes=5)]
)
def test_a_start_between_receipt_and_now_is_believed_within_five_minutes(started_at: datetime) -> None:
    check_start(started_at, a_case().received_at, NOW)


@pytest.mark.parametrize(
    "started_at", [RECEIVED_AT - timedelta(minutes=5, seconds=1), NOW + timedelta(minutes=5, seconds=1)]
)
def test_a_start_before_the_receipt_or_in_the_future_is_refused(started_at: datetime) -> None:
    with pytest.raises(StartOutOfRange):
        check_start(started_at, a_case().received_at, NOW)
