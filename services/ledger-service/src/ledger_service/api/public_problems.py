"""The refusals of what is public."""

from runtime.problems import Problem, register_texts

register_texts(
    {
        "nothing-public": (
            "没有公开内容",
            "Nothing is public",
            "该地区没有公开诉求数据。",
            "Nothing of this county's complaints is public.",
        ),
        "month-not-published": (
            "该月尚未公开",
            "Month not published",
            "{month} 的数据没有公开。已公开的月份见 months。",
            "Nothing of {month} is public; `months` lists what is.",
        ),
        "month-invalid": ("应为月份，如 2026-03。", "A month, such as 2026-03."),
        "first-month-missing": (
            "公开前须给出首个公开月份。",
            "Name the first month that is published.",
        ),
        "category-twice": ("类别重复。", "This category is named twice, or within another."),
    }
)


def nothing_public() -> Problem:
    """Return the one answer for a tenant that publishes nothing, publishes no such thing, or does not exist."""
    return Problem(404, "nothing-public")


def not_published(month: str) -> Problem:
    """Return the answer for a month that is not public, or not yet."""
    return Problem(404, "month-not-published", month=month)
