"""The test of two rates against slow references, and how findings among many tests are judged."""

from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_service.domain.bursts import expected, score, share_elsewhere, tail, threshold


def slow_tail(count: int, total: int, share: float) -> float:
    return sum(comb(total, at) * share**at * (1 - share) ** (total - at) for at in range(count, total + 1))


@given(total=st.integers(1, 120), data=st.data(), share=st.floats(0.001, 0.999))
def test_a_tail_is_the_sum_of_the_binomial_above_the_mean(total: int, data: st.DataObject, share: float) -> None:
    count = data.draw(st.integers(0, total))
    if count > total * share:
        assert isclose(tail(count, total, share), slow_tail(count, total, share), rel_tol=1e-9)
    else:
        assert tail(count, total, share) == 1.0


def test_a_tail_is_right_where_numbers_are_large() -> None:
    assert isclose(tail(5, 5, 1 / 9), (1 / 9) ** 5)
    assert isclose(tail(12_000, 100_000, 0.11), 1.1e-23, rel_tol=0.5)
    assert tail(100_000, 100_000, 0.1) == 0.0


def test_without_a_time_to_compare_with_nothing_is_a_burst() -> None:
    assert tail(1_000, 1_000, 1.0) == 1.0
    assert expected(0, 1.0) == float("inf")


def test_what_is_expected_grows_with_the_time_before() -> None:
    assert isclose(expected(56, 1 / 9), 7.0)
    assert expected(0, 1 / 9) == 0.0


def test_few_complaints_elsewhere_say_little_and_many_decide() -> None:
    share = 1 / 9
    assert isclose(share_elsewhere(0, 0, share), share)
    assert share_elsewhere(3, 0, share) < 0.25
    assert isclose(share_elsewhere(3_000, 3_000, share), 0.5, abs_tol=0.002)
    assert share_elsewhere(0, 5_000, share) == share  # quiet elsewhere: no reason to think this place hot


@pytest.mark.parametrize(
    ("chances", "tests", "limit"),
    [
        ([0.9, 0.5], 2, 0.0),
        ([0.004, 0.9], 2, 0.004),
        ([0.004, 0.009], 2, 0.009),  # each of two may reach 0.01 where the other does as well
        ([0.006, 0.9], 2, 0.0),
        ([0.004, 0.009], 100, 0.0),  # places that were too quiet for a test count as well
    ],
)
def test_the_step_up_procedure(chances: list[float], tests: int, limit: float) -> None:
    assert threshold(chances, tests, 0.01) == limit
    assert threshold(list(reversed(chances)), tests, 0.01) == limit


def test_a_score_has_an_end() -> None:
    assert score(0.001) == pytest.approx(3)
    assert score(0.0) == score(1e-300) == 99.0
