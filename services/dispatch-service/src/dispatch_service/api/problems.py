"""Dispatch's refusals as problems."""

from dispatch_service.domain.errors import (
    ActionConflict,
    CaseNotFound,
    DispatchError,
    LimitMissing,
    LimitTwice,
    NotYourTeam,
    StartOutOfRange,
    UnknownTeam,
)
from operations.problems import illegal_transition, invalid, not_found
from runtime.problems import Problem, register_texts

register_texts(
    {
        "not-your-team": (
            "不属于您的队伍",
            "Not your team",
            "该案件由队伍 {team} 负责，您不是其成员。",
            "The case belongs to {team}, of which you are not a member.",
        ),
        "limit-twice": (
            "同一类别、级别和环节的时限重复。",
            "There is another limit for this category, grade and stage.",
        ),
        "limit-missing": (
            "环节 {stage} 缺少适用于所有类别和级别的时限。",
            "The stage {stage} has no limit for all categories and grades.",
        ),
        "office-hours-invalid": (
            "办公时段应按先后排列、互不重叠，且结束晚于开始。",
            "Office hours must be in order, apart from one another, and end after they begin.",
        ),
        "date-outside-year": ("日期不在 {year} 年内。", "The date does not lie in {year}."),
        "date-twice": ("日期重复。", "The date is there twice."),
        "unknown-team": ("没有该队伍。", "There is no such team."),
        "start-out-of-range": (
            "应在受理时间之后，且不得晚于当前时间五分钟以上。",
            "Must not lie before the receipt of the complaint, nor more than five minutes in the future.",
        ),
    }
)


def problem_of(error: DispatchError) -> Problem:
    """Return the answer to a refusal; the loser of a race is told the present state."""
    match error:
        case CaseNotFound():
            return not_found()
        case NotYourTeam():
            return Problem(403, "not-your-team", extra={"team": error.team}, team=error.team)
        case ActionConflict():
            return illegal_transition(error.status.value, error.version)
        case UnknownTeam():
            return invalid("/team", "unknown-team")
        case LimitTwice():
            return invalid(f"/limits/{error.place}", "limit-twice")
        case LimitMissing():
            return invalid("/limits", "limit-missing", stage=error.stage)
        case StartOutOfRange():
            return invalid("/started_at", "start-out-of-range")
    raise TypeError(f"no problem for {type(error).__name__}")
