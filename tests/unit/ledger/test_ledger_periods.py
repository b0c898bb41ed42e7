"""Which days figures are compared with."""

from datetime import date, timedelta

import pytest

from ledger_service.domain.cubes import Period


def _before(first: str, last: str, step: str = "month") -> tuple[str, str]:
    before = Period(date.fromisoformat(first), date.fromisoformat(last)).before(step)
    return before.first.isoformat(), before.last.isoformat()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-02-01", "2026-02-28", ("2026-01-01", "2026-01-31")),
        ("2026-03-01", "2026-03-30", ("2026-02-01", "2026-02-28")),
        ("2026-03-10", "2026-03-10", ("2026-02-10", "2026-02-10")),
        ("2025-12-20", "2026-01-10", ("2025-11-20", "2025-12-10")),
        ("2026-01-15", "2026-02-14", ("2025-12-15", "2026-01-14")),
        ("2026-01-15", "2026-02-15", ("2025-11-15", "2025-12-15")),
        ("2026-01-31", "2026-03-01", ("2025-11-30", "2026-01-01")),
        ("2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31")),
        ("2026-01-01", "2026-11-15", ("2025-02-01", "2025-12-15")),
        ("2025-01-01", "2026-06-30", ("2023-07-01", "2024-12-31")),
    ],
)
def test_the_period_before_has_no_day_in_common(first: str, last: str, expected: tuple[str, str]) -> None:
    assert _before(first, last) == expected


def test_days_that_go_on_are_compared_with_days_that_go_on() -> None:
    """From one evening to the next the earlier days only grow within a month, and end with a whole month at its end."""
    begin = date(2026, 1, 1)
    for number in range(364):
        day = begin + timedelta(days=number)
        today, tomorrow = (Period(begin, last).before("month") for last in (day, day + timedelta(days=1)))
        assert today.last < begin
        if (day + timedelta(days=1)).day == 1:
            assert today.last == begin - timedelta(days=1)
        else:
            assert today.first == tomorrow.first
            assert timedelta(0) <= tomorrow.last - today.last <= timedelta(days=4)


def test_a_year_earlier_is_a_year_earlier() -> None:
    assert _before("2026-01-01", "2026-11-15", "year") == ("2025-01-01", "2025-11-15")
    assert _before("2024-02-01", "2024-02-29", "year") == ("2023-02-01", "2023-02-28")
    assert _before("2023-02-01", "2023-02-28", "year") == ("2022-02-01", "2022-02-28")
    assert _before("2025-02-01", "2025-02-28", "year") == ("2024-02-01", "2024-02-29")
