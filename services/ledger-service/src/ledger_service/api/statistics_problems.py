"""The refusals of statistics."""

from ledger_service.domain.durations import EDGES
from operations.problems import invalid
from runtime.problems import Problem, register_texts

_EDGES = ", ".join(map(str, EDGES))

register_texts(
    {
        "dimension-unknown": (
            "不能按此维度统计，可用：{known}。",
            "There are no figures by that; there are by {known}.",
        ),
        "dimensions-too-many": (
            "最多按两个维度统计。",
            "Break figures down by two things at most.",
        ),
        "question-too-wide": (
            "此问题须逐条汇总，统计期内最多 {most} 件：请缩短统计期，或只涉及两类维度；用时类指标只涉及一类。",
            "Such a question is summed up line by line, of up to {most} complaints: ask for a shorter period, or by "
            "two kinds of thing at most (by one for times of work).",
        ),
        "indicator-unknown": (
            "没有此指标，可用：{known}。",
            "There is no such indicator; there are {known}.",
        ),
        "indicator-no-share": (
            "只有比率类指标可以设权重。",
            "Only an indicator that is a share can have a weight.",
        ),
        "as-of-in-future": (
            "截止日期尚未到来",
            "The day is yet to come",
            "截止日期不能晚于今天（{today}）。",
            "Figures cannot be had as of a day after today, {today}.",
        ),
        "compared-by-steps": (
            "按月或按日分列时不能同时作环比、同比。",
            "Figures by day or month are not compared with earlier ones: ask for the earlier days as well.",
        ),
        "lines-too-many": (
            "结果超过 {most} 行，请缩小范围或减少维度。",
            "There are more than {most} lines: narrow the question down.",
        ),
        "minutes-no-step": (
            f"应为下列分钟数之一：{_EDGES}。",
            f"Give one of these numbers of minutes: {_EDGES}.",
        ),
        "weights-missing": (
            "至少一个指标的权重须大于零。",
            "At least one indicator needs a weight above zero.",
        ),
        "grades-not-falling": (
            "等级分数线应从高到低。",
            "The scores of the grades must fall from A to C.",
        ),
        "figures-being-made": (
            "统计数据正在生成",
            "The figures are being made",
            "升级后正在由台账条目生成统计数据，请稍后重试。",
            "After an upgrade they are made of the ledger's entries: try again in a while.",
        ),
    }
)


def too_many_lines(most: int) -> Problem:
    """Return the refusal of an answer with more lines than `most`."""
    return invalid("query/by", "lines-too-many", most=most)


def too_wide(most: int) -> Problem:
    """Return the refusal of a question about details of more than `most` complaints."""
    return invalid("query/by", "question-too-wide", most=most)


def being_made() -> Problem:
    """Return the answer while the figures are being made of the entries."""
    return Problem(503, "figures-being-made", headers={"Retry-After": "30"})
