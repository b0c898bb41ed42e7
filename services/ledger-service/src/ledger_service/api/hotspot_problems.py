"""The refusals of hot spots."""

from runtime.problems import Problem, register_texts

register_texts(
    {
        "hotspot-not-found": (
            "未找到热点",
            "Hot spot not found",
            "没有这个热点。",
            "There is no such hot spot.",
        ),
        "hotspot-level-twice": (
            "每个层级只能有一条规则。",
            "Give one rule for a level.",
        ),
        "hotspot-baseline-short": (
            "对比期至少应为观察期的两倍。",
            "The baseline must be twice as long as the window at least.",
        ),
        "hotspot-reporters-over-count": (
            "最少反映人数不能多于最少诉求数。",
            "There cannot be more reporters than complaints.",
        ),
    }
)


def hotspot_not_found() -> Problem:
    """Return the one answer for an unknown hot spot and another tenant's."""
    return Problem(404, "hotspot-not-found")
