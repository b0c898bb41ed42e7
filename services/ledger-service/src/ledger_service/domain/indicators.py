"""The indicators: what is divided by what. Their sources, and on which day what counts, are in docs/statistics.md.

The ratios are those of the field's evaluation of 数字城管 and of the three rates 三率 of 12345; which share of 基本满意
counts, the minutes, the weights and the grades are a tenant's choice (`domain.statistics_settings`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ledger_service.domain import durations
from ledger_service.domain.deeds import SIZE, Deed
from ledger_service.domain.durations import STEPS, Measure
from ledger_service.domain.labels import Label
from ledger_service.domain.statistics_settings import Settings
from ledger_service.domain.tally import Counter

Unit = Literal["share", "minutes", "number"]
_DEEDS = len(Measure) * STEPS
_NOTHING = [0] * SIZE


@dataclass(slots=True)
class Sums:
    """What the cells of one line come to."""

    counts: list[int]
    work: list[int] | None = None
    """Times of work of all measures, a step after the other, and behind them deeds; None where nobody asked."""

    @classmethod
    def none(cls, *, with_work: bool) -> "Sums":
        """Return what nothing comes to."""
        return cls([0] * len(Counter), [0] * SIZE if with_work else None)

    def of(self, *counters: Counter) -> int:
        """Return the sum of some counts."""
        total = 0
        for counter in counters:
            total += self.counts[counter]
        return total

    def steps(self, measure: Measure) -> Sequence[int]:
        """Return how many times of a measure there are, step by step."""
        return (self.work or _NOTHING)[measure * STEPS : (measure + 1) * STEPS]

    def done(self, deed: Deed) -> int:
        """Return how often something was done."""
        return (self.work or _NOTHING)[_DEEDS + deed]


class Figure(NamedTuple):
    """A value, None where there is nothing to divide by; and what it was made of."""

    value: float | None
    numerator: float | None
    """None for a median and the like."""
    sample: int
    """The denominator: how many complaints it rests on."""


Formula = Callable[[Sums, Settings], Figure]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator; a share is from 0 to 1, a number its own sample."""

    code: str
    name: Label
    unit: Unit
    formula: Formula
    is_better_high: bool = True
    needs_work: bool = False
    """Whether it is made of what is kept by one kind of thing only: times of work, deeds."""


def _due(sums: Sums) -> int:
    """应结案: handled in the period, or promised for it and not handled by then (`Counter`)."""
    return sums.of(Counter.IN_TIME, Counter.MISSED)


def _closing(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.IN_TIME_CLOSED, Counter.IN_TIME_FORCED, Counter.MISSED_CLOSED), _due(sums))


def _closing_in_time(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.IN_TIME_CLOSED), _due(sums))


def _overdue(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.MISSED), _due(sums))


def _rework(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.IN_TIME_REWORKED, Counter.MISSED_REWORKED), _due(sums))


def _filing(sums: Sums, _: Settings) -> Figure:
    filed = sums.of(Counter.RECEIVED) - sums.of(Counter.REJECTED, Counter.MERGED)
    return _ratio(filed - sums.of(Counter.VOIDED), filed)


def _rejection(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.REJECTED), sums.of(Counter.RECEIVED))


def _dispatch(sums: Sums, settings: Settings) -> Figure:
    in_time = durations.within(sums.steps(Measure.DISPATCH), settings.minutes.dispatch)
    return _ratio(in_time, sums.of(Counter.TO_DISPATCH))


def _reopening(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.REOPENED), sums.of(Counter.CLOSED))


def _response(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.CONTACTED), sums.of(Counter.FOLLOWED_UP))


def _solution(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.of(Counter.SOLVED), sums.of(Counter.FOLLOWED_UP))


def _satisfaction(sums: Sums, settings: Settings) -> Figure:
    content = sums.of(Counter.SATISFIED) + settings.basically_satisfied * sums.of(Counter.BASICALLY_SATISFIED)
    return _ratio(content, sums.of(Counter.FOLLOWED_UP))


def _answered_in_time(sums: Sums, _: Settings) -> Figure:
    return _ratio(sums.done(Deed.ANSWERED_IN_TIME), sums.done(Deed.ANSWERED))


def _replied_in_time(sums: Sums, _: Settings) -> Figure:
    in_time = sums.done(Deed.REPLIED_IN_TIME)
    return _ratio(in_time, in_time + sums.done(Deed.ORDER_MISSED))


def _ratio(numerator: float, denominator: int) -> Figure:
    return Figure(numerator / denominator if denominator > 0 else None, numerator, denominator)


def _quantile(measure: Measure, share: float) -> Formula:
    def formula(sums: Sums, _: Settings) -> Figure:
        steps = sums.steps(measure)
        return Figure(durations.quantile(steps, share), None, sum(steps))

    return formula


def _within(measure: Measure) -> Formula:
    def formula(sums: Sums, settings: Settings) -> Figure:
        steps = sums.steps(measure)
        return _ratio(durations.within(steps, settings.minutes.of(measure)), sum(steps))

    return formula


def _times(measure: Measure, code: str, zh: str, en: str) -> list[Indicator]:
    """Return the two figures that every time of work has."""
    return [
        Indicator(
            f"{code}_median",
            Label(f"{zh}用时中位数", f"{en}, median"),
            "minutes",
            _quantile(measure, 0.5),
            is_better_high=False,
            needs_work=True,
        ),
        Indicator(
            f"{code}_p90",
            Label(f"{zh}用时第90百分位", f"{en}, 90th percentile"),
            "minutes",
            _quantile(measure, 0.9),
            is_better_high=False,
            needs_work=True,
        ),
    ]


def _first(measure: Measure, code: str, zh: str, en: str) -> list[Indicator]:
    """Return the three figures of one of the three firsts 三个第一时间."""
    in_time = Label(f"第一时间{zh}率", f"{en}, in time")
    return [
        *_times(measure, code, zh, en),
        Indicator(f"{code}_share", in_time, "share", _within(measure), needs_work=True),
    ]


def _number(code: str, zh: str, en: str, deed: Deed, *, is_better_high: bool = True) -> Indicator:
    """Return how often something was done."""

    def formula(sums: Sums, _: Settings) -> Figure:
        return Figure(sums.done(deed), None, sums.done(deed))

    return Indicator(code, Label(zh, en), "number", formula, is_better_high, needs_work=True)


def _share(code: str, zh: str, en: str, formula: Formula) -> Indicator:
    """Return a share of what was done."""
    return Indicator(code, Label(zh, en), "share", formula, needs_work=True)


_ALL = [
    Indicator("closing_rate", Label("结案率", "Closed of due"), "share", _closing),
    Indicator("closing_in_time_rate", Label("按期结案率", "Closed in time of due"), "share", _closing_in_time),
    Indicator("overdue_rate", Label("超期率", "Overdue of due"), "share", _overdue, is_better_high=False),
    Indicator("rework_rate", Label("返工率", "Reworked of due"), "share", _rework, is_better_high=False),
    Indicator("filing_accuracy_rate", Label("准确立案率", "Rightly filed"), "share", _filing),
    Indicator("rejection_rate", Label("不予受理率", "Rejected of received"), "share", _rejection, is_better_high=False),
    Indicator("dispatch_in_time_rate", Label("按时派遣率", "Dispatched in time"), "share", _dispatch, needs_work=True),
    Indicator("reopening_rate", Label("重办率", "Reopened of closed"), "share", _reopening, is_better_high=False),
    Indicator("response_rate", Label("响应率", "Contacted"), "share", _response),
    Indicator("solution_rate", Label("解决率", "Solved"), "share", _solution),
    Indicator("satisfaction_rate", Label("满意率", "Satisfied"), "share", _satisfaction),
    *_first(Measure.DISCOVERY, "discovery", "发现", "Time to discovery"),
    *_first(Measure.ON_SITE, "on_site", "处置", "Time to being on site"),
    *_first(Measure.REMOVAL, "removal", "消除", "Time to removal"),
    _number("transfers", "转办数", "Transferred to departments", Deed.HANDED_OVER),
    _number("transfers_answered", "转办答复数", "Answered by departments", Deed.ANSWERED),
    _share("transfer_in_time_rate", "转办按期答复率", "Answers of departments in time", _answered_in_time),
    *_times(Measure.ANSWER, "transfer", "转办答复", "Time to a department's answer"),
    _number("transfers_recalled", "转办收回数", "Recalled from departments", Deed.RECALLED, is_better_high=False),
    _number("orders", "督办数", "Supervision orders", Deed.ORDERED, is_better_high=False),
    _share("order_in_time_rate", "督办按期回复率", "Orders answered in time", _replied_in_time),
    _number("orders_missed", "督办逾期数", "Orders not answered in time", Deed.ORDER_MISSED, is_better_high=False),
    _number("orders_withdrawn", "撤销督办数", "Orders withdrawn", Deed.ORDER_WITHDRAWN),
    _number("contributions", "协办处置数", "Contributions of supporting teams", Deed.CONTRIBUTED),
    _number("parts_done", "协办完成数", "Parts done by supporting teams", Deed.PART_DONE),
]
INDICATORS: Mapping[str, Indicator] = {indicator.code: indicator for indicator in _ALL}
