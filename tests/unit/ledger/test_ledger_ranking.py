"""Who is ranked where: by numbers, and by what rests on a sample."""

from collections.abc import Mapping

from ledger_service.domain.deeds import Deed
from ledger_service.domain.durations import STEPS, Measure
from ledger_service.domain.indicators import Sums
from ledger_service.domain.ranking import SCORE, rank
from ledger_service.domain.statistics_settings import Settings
from ledger_service.domain.tally import Counter

SETTINGS = Settings()


def _done(deed: Deed, times: int) -> Sums:
    sums = Sums.none(with_work=True)
    assert sums.work is not None
    sums.work[len(Measure) * STEPS + deed] = times
    return sums


def _due(in_time: int, missed: int) -> Sums:
    sums = Sums.none(with_work=True)
    sums.counts[Counter.IN_TIME] = in_time
    sums.counts[Counter.MISSED] = missed
    return sums


def _ranked(lines: Mapping[str, Sums], indicator: str, min_sample: int) -> list[tuple[str, int | None, int]]:
    return [(place.key, place.rank, place.sample) for place in rank(lines, indicator, SETTINGS, min_sample)]


def test_a_number_is_ranked_from_zero_on() -> None:
    missed = {name: _done(Deed.ORDER_MISSED, times) for name, times in (("a", 40), ("b", 1), ("c", 0), ("d", 0))}
    for min_sample in (0, 1, 10):
        assert _ranked(missed, "orders_missed", min_sample) == [("c", 1, 0), ("d", 1, 0), ("b", 3, 1), ("a", 4, 40)]
    helped = {name: _done(Deed.CONTRIBUTED, times) for name, times in (("a", 0), ("b", 12))}
    assert _ranked(helped, "contributions", 10) == [("b", 1, 12), ("a", 2, 0)]


def test_a_share_and_a_score_need_their_sample() -> None:
    lines = {"a": _due(9, 3), "b": _due(3, 0), "c": _due(0, 0)}
    assert _ranked(lines, "overdue_rate", 10) == [("a", 1, 12), ("b", None, 3), ("c", None, 0)]
    assert _ranked(lines, "overdue_rate", 0) == [("b", 1, 3), ("a", 2, 12), ("c", None, 0)]
    assert [key for key, at, _ in _ranked(lines, SCORE, 0) if at is None] == ["c"]
