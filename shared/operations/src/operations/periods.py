"""Periods that requests ask for: in order, and not too long."""

from datetime import date, datetime, timedelta

from operations.problems import refused
from runtime.problems import register_texts

register_texts(
    {
        "period-reversed": (
            "时间段颠倒",
            "The period is reversed",
            "结束早于开始。",
            "It ends before it begins.",
        ),
        "period-too-long": (
            "时间段过长",
            "The period is too long",
            "一次最多 {most} 天。",
            "{most} days at once are the most.",
        ),
    }
)


def check_order(begin: date | None, end: date | None, pointer: str = "query/to") -> None:
    """Raise `Problem` 422 `period-reversed`, found at `pointer`, where both are given and `end` lies before `begin`.

    They are days or moments, both of them the same.
    """
    if begin is not None and end is not None and end < begin:
        raise refused(pointer, "period-reversed")


def check_length(begin: datetime, end: datetime, most: int) -> None:
    """Raise `Problem` 422 `period-reversed`, or `period-too-long` for more than `most` days from one to the other."""
    check_order(begin, end)
    if end - begin > timedelta(days=most):
        raise refused("query/to", "period-too-long", most=most)


def check_days(first: date, last: date, most: int) -> None:
    """Raise `Problem` 422 `period-reversed`, or `period-too-long` for more than `most` days, the last one included."""
    check_order(first, last)
    if (last - first).days >= most:
        raise refused("query/to", "period-too-long", most=most)
