"""The refusals of statistics."""

from ledger_service.domain.durations import EDGES
from runtime.problems import register_texts

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
        "dimensions-apart": (
            "这些维度不在同一汇总中：按人员统计时不能再按事件来源统计或筛选。",
            "These are not kept together: figures of officers are not kept by source.",
        ),
        "durations-apart": (
            "用时类指标（{indicators}）只能按一类维度统计或筛选：社区、网格、队伍、人员为一类，类别、来源、处置方式各为一类。",
            "Times of work ({indicators}) are kept by one kind of thing at a time: by unit and officer, by category, "
            "by source, or by handling mode.",
        ),
        "indicator-unknown": (
            "没有此指标，可用：{known}。",
            "There is no such indicator; there are {known}.",
        ),
        "indicator-no-share": (
            "只有比率类指标可以设权重。",
            "Only an indicator that is a share can have a weight.",
        ),
        "period-too-long": (
            "统计期不得超过 {most} 天。",
            "The period may have {most} days at most.",
        ),
        "as-of-in-future": (
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
    }
)
