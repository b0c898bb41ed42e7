"""Dispatch's refusals as problems."""

from dispatch_service.domain.errors import (
    ActionConflict,
    CaseNotFound,
    DispatchError,
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
        case StartOutOfRange():
            return invalid("/started_at", "start-out-of-range")
    raise TypeError(f"no problem for {type(error).__name__}")
