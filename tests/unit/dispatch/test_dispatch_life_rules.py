"""What a result needs, and what may follow an order of rectification or a return."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import HandlingMode
from dispatch_service.domain.errors import DispatchError
from dispatch_service.domain.life_errors import (
    DecidedInConference,
    NoRectification,
    PhotoRequired,
    PhotoRuleTwice,
    RectificationOpen,
    ReinspectionFailed,
    ReinspectionMissing,
    ReturnedTooOften,
    ReturnLimitPassed,
    SupervisorDecides,
    TooManyRectifications,
    UnitHasReturned,
)
from dispatch_service.domain.photos import Photo, PhotoRole, PhotoRule, PhotoRules
from dispatch_service.domain.rectification import Reinspection, check_order, check_resolution, inspected
from dispatch_service.domain.requests import check_next_unit, check_return

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MODES: tuple[HandlingMode, ...] = get_args(HandlingMode)
AFTER, BEFORE = (PhotoRole.AFTER,), (PhotoRole.BEFORE,)


def needed(rules: PhotoRules, category: str | None, mode: HandlingMode) -> tuple[str, ...]:
    try:
        rules.check(category, mode, [])
    except PhotoRequired as error:
        return error.missing
    return ()


def test_the_lowest_category_counts_and_then_the_handling_mode() -> None:
    rules = PhotoRules(
        [
            PhotoRule(None, None, BEFORE),
            PhotoRule("a", None, AFTER),
            PhotoRule("a", "guidance", ()),
            PhotoRule("a.b", None, BEFORE),
            PhotoRule(None, "case_filed", AFTER),
        ]
    )
    found = {
        (category, mode): needed(rules, category, mode)
        for category in (None, "a", "a.b", "a.c", "ab")
        for mode in ("guidance", "case_filed")
    }
    assert found == {
        (None, "guidance"): BEFORE, (None, "case_filed"): AFTER,
        ("a", "guidance"): (), ("a", "case_filed"): AFTER,
        ("a.b", "guidance"): BEFORE, ("a.b", "case_filed"): BEFORE,
        ("a.c", "guidance"): (), ("a.c", "case_filed"): AFTER,
        ("ab", "guidance"): BEFORE, ("ab", "case_filed"): AFTER,
    }  # fmt: skip


def test_a_rule_is_there_once() -> None:
    with pytest.raises(PhotoRuleTwice) as caught:
        PhotoRules([PhotoRule("a", None, AFTER), PhotoRule("a", "guidance", ()), PhotoRule("a", None, ())])
    assert caught.value.place == 2


@given(st.sets(st.sampled_from(PhotoRole)), st.sets(st.sampled_from(PhotoRole)))
def test_what_is_missing_is_what_is_needed_and_not_there(wanted: set[PhotoRole], there: set[PhotoRole]) -> None:
    rules = PhotoRules([PhotoRule(None, None, tuple(wanted))])
    photos = [Photo(uuid4(), role) for role in there]
    if wanted <= there:
        rules.check("x", "guidance", photos)
        return
    with pytest.raises(PhotoRequired) as caught:
        rules.check("x", "guidance", photos)
    assert set(caught.value.missing) == wanted - there


def test_a_photo_is_stored_as_it_was_given() -> None:
    row = {"id": "01890000-0000-7000-8000-000000000000", "role": "near"}
    assert Photo(UUID(row["id"]), PhotoRole.NEAR).row() == row


def refusal(mode: HandlingMode, last: Reinspection | None) -> type[DispatchError] | None:
    try:
        check_resolution(mode, last)
    except DispatchError as error:
        return type(error)
    return None


@pytest.mark.parametrize("mode", MODES)
def test_what_a_result_may_rest_on(mode: HandlingMode) -> None:
    assert refusal(mode, Reinspection.ORDERED) is refusal(mode, Reinspection.DUE) is ReinspectionMissing
    assert refusal(mode, Reinspection.PASSED) is None
    assert refusal(mode, Reinspection.FAILED) is (None if mode == "case_filed" else ReinspectionFailed)
    assert refusal(mode, None) is (NoRectification if mode == "rectification_within_limit" else None)


def test_orders_follow_one_another_twice() -> None:
    check_order(None, 0)
    for waiting in (Reinspection.ORDERED, Reinspection.DUE):
        with pytest.raises(RectificationOpen):
            check_order(waiting, 1)
        assert inspected(waiting, passed=True) is Reinspection.PASSED
        assert inspected(waiting, passed=False) is Reinspection.FAILED
    check_order(Reinspection.FAILED, 1)
    with pytest.raises(TooManyRectifications):
        check_order(Reinspection.FAILED, 2)
    for over in (None, Reinspection.PASSED, Reinspection.FAILED):
        with pytest.raises(NoRectification):
            inspected(over, passed=True)


def ask(*returned_by: str, in_conference: bool = False, return_by: datetime | None = None) -> None:
    check_return(returned_by, in_conference=in_conference, return_by=return_by, at=NOW)


def test_returns_have_an_end() -> None:
    ask()
    ask("a", "b", return_by=NOW)
    with pytest.raises(ReturnLimitPassed):
        ask(return_by=NOW - timedelta(microseconds=1))
    with pytest.raises(ReturnedTooOften):
        ask("a", "b", "c")
    with pytest.raises(DecidedInConference):
        ask(in_conference=True)


def test_who_may_get_a_case_that_was_returned() -> None:
    check_next_unit("c", ["a", "b"], is_supervisor=False)
    for is_supervisor in (True, False):
        with pytest.raises(UnitHasReturned):
            check_next_unit("a", ["a", "b"], is_supervisor=is_supervisor)
    with pytest.raises(SupervisorDecides):
        check_next_unit("d", ["a", "b", "c"], is_supervisor=False)
    check_next_unit("a", ["a", "b", "c"], is_supervisor=True)
