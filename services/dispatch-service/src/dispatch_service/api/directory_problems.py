"""Refusals about communities, teams, posts and officers as problems."""

from dispatch_service.domain.directory_errors import DirectoryError, ThingInUse, ThingNotFound, UnknownReference
from operations.problems import invalid
from runtime.problems import Problem, register_texts

register_texts(
    {
        "separator_in_subject": (
            "账号不能含有分号。",
            "A subject must not contain a semicolon: in files it stands between officers.",
        ),
        "listed_twice": ("同一项重复出现。", "Something is listed twice."),
        "shape-self-intersecting": (
            "图形自相交，位于经度 {lon}、纬度 {lat}。",
            "The shape crosses itself at longitude {lon}, latitude {lat}.",
        ),
        "shape-inside-out": (
            "图形内外颠倒：洞在外环之外，或各部分互相包含，位于经度 {lon}、纬度 {lat}。",
            "The shape is inside out: a hole lies outside of its ring, or one part within another, at longitude {lon}, "
            "latitude {lat}.",
        ),
        "shape-too-detailed": (
            "图形过于精细：最多 {most} 个点。",
            "The shape has too many positions: {most} are the most.",
        ),
        "officer-not-found": (
            "未找到队员",
            "Officer not found",
            "没有登记该队员。",
            "No such officer is registered.",
        ),
    }
)


def problem_of(error: DirectoryError, *, missing: str = "place-not-found") -> Problem:
    """Return the answer to a refusal; `missing` is the code where the thing is not there."""
    match error:
        case ThingNotFound():
            return Problem(404, missing)
        case ThingInUse():
            return Problem(409, "place-in-use")
        case UnknownReference():
            return invalid(f"/{error.field}", f"unknown-{error.field}")
    raise TypeError(f"no problem for {type(error).__name__}")
