"""Refusals about patrols as problems."""

from collections.abc import Mapping

from dispatch_service.domain import patrol_errors as errors
from dispatch_service.domain.patrol import MOST_VISITS, STATE_NAMES_ZH
from dispatch_service.domain.patrol_errors import Flawed, IdReused, PatrolConflict, PatrolError
from operations.problems import invalid, refused
from runtime.problems import Problem, register_texts

register_texts(
    {
        "point_place": (
            "请给出点位 post，或经纬度和名称。",
            "Give a `post`, or `lon`, `lat` and `name`.",
        ),
        "recurrence_rules": (
            "weekdays、every_days、dates 只能给其一。",
            "Give one of `weekdays`, `every_days` and `dates`, or none of them.",
        ),
        "acceptance_parts": ("请给出 patrol 或 plan 之一。", "Give either a `patrol` or a `plan`."),
        "recurrence-never": (
            "从今天起没有符合该规则的日期。",
            "From today on no day fits this rule.",
        ),
        "point-outside-county": (
            "该点在本县所有网格 500 米以外。",
            "The point is more than 500 m from every grid of the county.",
        ),
        "window-reversed": ("结束应晚于开始。", "Must be later than the begin."),
        "window-too-long": ("一次巡查最长 {hours} 小时。", "A patrol takes {hours} hours at the most."),
        "window-out-of-range": (
            "应结束于最近 {past} 天之内或以后，并开始于 {ahead} 天之内。",
            "Must not have ended more than {past} days ago, nor begin more than {ahead} days from now.",
        ),
        "outside-window": (
            "应在 {first} 至 {last} 之间。",
            "Must lie between {first} and {last}.",
        ),
        "before-start": (
            "早于巡查开始时间 {started_at}。",
            "Lies before the start of the patrol at {started_at}.",
        ),
        "moment-in-the-future": (
            "不得晚于当前时间五分钟以上。",
            "Must not lie more than five minutes in the future.",
        ),
        "unknown-point": ("该巡查没有这个点。", "The patrol has no such point."),
        "evidence-missing": ("该点要求提供此项。", "The point asks for it."),
        "points-not-visited": (
            "尚未到访：{points}；请说明原因。",
            "Not visited: {points}. Say why they were left out.",
        ),
        "plan-not-found": ("未找到计划", "Plan not found", "没有该巡查计划。", "There is no such patrol plan."),
        "plan-ended": ("计划已终止", "Plan ended", "该巡查计划已终止。", "The patrol plan has been ended."),
        "patrol-not-found": ("未找到巡查", "Patrol not found", "没有该次巡查。", "There is no such patrol."),
        "patrol-state": (
            "当前状态不允许",
            "Not allowed in this state",
            "该次巡查当前状态为“{present_zh}”，不能执行此操作。",
            "The patrol is {present} now, which does not allow this.",
        ),
        "not-your-patrol": (
            "不是您的巡查",
            "Not your patrol",
            "该次巡查属于其他队伍，或已指定他人。",
            "The patrol is another team's, or names others than you.",
        ),
        "id-reused": (
            "编号已被使用",
            "Id used before",
            "该编号已用于内容不同的记录。",
            "The id was used before, for something else.",
        ),
        "too-many-visits": (
            "到访记录过多",
            "Too many visits",
            "一次巡查最多 {most} 条到访记录。",
            "A patrol has {most} visits at the most.",
        ),
        "suggestion-not-found": (
            "未找到建议",
            "Suggestion not found",
            "没有该巡查建议。",
            "There is no such suggested patrol.",
        ),
        "suggestion-settled": (
            "建议已处理",
            "Settled before",
            "该建议已采纳、已驳回，或热点已结束。",
            "The suggestion was accepted or dismissed before, or its hot spot has ended.",
        ),
    }
)

_ANSWERS: Mapping[type[PatrolError], tuple[int, str]] = {
    errors.PlanNotFound: (404, "plan-not-found"),
    errors.PlanEnded: (409, "plan-ended"),
    errors.PatrolNotFound: (404, "patrol-not-found"),
    errors.NotYourPatrol: (403, "not-your-patrol"),
    errors.TooManyVisits: (409, "too-many-visits"),
    errors.SuggestionNotFound: (404, "suggestion-not-found"),
    errors.SuggestionSettled: (409, "suggestion-settled"),
}


def problem_of(error: PatrolError) -> Problem:
    """Return the answer to a refusal; who lost a race or came late is told the present state."""
    match error:
        case Flawed():
            return invalid(error.pointer, error.code, **error.params)
        case IdReused():
            return refused("/id", "id-reused")
        case PatrolConflict():
            present = {"state": error.state.value, "version": error.version}
            name = STATE_NAMES_ZH[error.state]
            return Problem(409, "patrol-state", extra={"present": present}, present=error.state.value, present_zh=name)
    status, code = _ANSWERS[type(error)]
    return Problem(status, code, most=MOST_VISITS)
