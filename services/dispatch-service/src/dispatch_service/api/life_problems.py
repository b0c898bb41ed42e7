"""Refusals in the life of a case as problems."""

from dispatch_service.domain import life_errors as errors
from dispatch_service.domain.errors import DispatchError
from operations.problems import invalid, refused
from runtime.problems import Problem, register_texts

register_texts(
    {
        "return-limit-passed": (
            "已过退单时限",
            "The time to return it is over",
            "退单时限 {return_by} 已过，不能再申请退单。",
            "A return could be asked for until {return_by}.",
        ),
        "returned-too-often": (
            "退单已达次数上限",
            "Returned as often as it may be",
            "本轮已退单 {most} 次，现承办单位不能再退单。",
            "The case was returned {most} times in this round; the unit that has it now keeps it.",
        ),
        "decided-in-conference": (
            "会商已定",
            "Decided in a conference",
            "承办单位已由会商确定，不能退单。",
            "A conference has decided who does it; the case cannot be returned.",
        ),
        "supervisor-decides": (
            "须由值班长指派",
            "A supervisor decides",
            "本轮已退单 {most} 次，只能由值班长指派承办单位。",
            "The case was returned {most} times in this round; only a supervisor may say who does it.",
        ),
        "unit-has-returned": (
            "该队伍已退单",
            "This unit has returned it",
            "队伍 {team} 本轮已退单，请指派其他队伍。",
            "{team} has returned the case in this round; choose another.",
        ),
        "not-involved": (
            "未参与该案件",
            "Not involved",
            "该案件由队伍 {team} 主办，您的队伍不是主办或协办。",
            "The case belongs to {team}, and your team does not support it.",
        ),
        "lead-supports": ("主办队伍不能同时协办。", "The team that leads cannot support itself."),
        "unknown-support": (
            "未协办",
            "Does not support it",
            "该队伍没有协办此案件。",
            "This team does not support the case.",
        ),
        "outside-the-case": (
            "应在 {earliest} 至 {latest} 之间。",
            "Must lie between {earliest} and {latest}.",
        ),
        "unknown-department": ("没有该部门。", "There is no such department."),
        "department-unnamed": (
            "应写明部门：案件没有关联已知权属单位的部件。",
            "Name the department: the case is about no component whose owner is known.",
        ),
        "unknown-component": ("没有该部件。", "There is no such component."),
        "rectification-open": (
            "已责令限期整改",
            "Rectification is ordered already",
            "已有整改期限未复查，请先复查。",
            "There is an order of rectification already; inspect it first.",
        ),
        "lead-resolves": (
            "主办单位应办结",
            "The lead resolves the case",
            "只有协办单位报告协办事项完成，主办单位请办结案件。",
            "Only supporting units report their part as done; the unit that leads resolves the case.",
        ),
        "too-many-rectifications": (
            "限期整改已达次数上限",
            "Rectification was ordered as often as it may be",
            "本轮最多责令限期整改 {most} 次。",
            "Rectification may be ordered {most} times in a round at the most.",
        ),
        "no-rectification": (
            "没有限期整改",
            "No order of rectification",
            "该案件没有待复查或已复查的限期整改。",
            "The case has no order of rectification that could be inspected, or that the result could rest on.",
        ),
        "reinspection-missing": (
            "尚未复查",
            "Not inspected again",
            "已责令限期整改，请先复查再办结。",
            "Rectification was ordered; inspect the place again before you report the case as done.",
        ),
        "reinspection-failed": (
            "复查未通过",
            "Not rectified",
            "复查未通过：应再次责令限期整改，或立案查处。",
            "It was not rectified: order it again, or file the case for penalty.",
        ),
        "photo-required": (
            "缺少照片",
            "Photos are missing",
            "此类案件办结须有照片：{missing}。",
            "The result of such a case needs photos: {missing}.",
        ),
        "position-required": (
            "缺少位置",
            "The position is missing",
            "开始处置须提供位置。",
            "The start of the work has to say where it is.",
        ),
        "photo-rule-twice": (
            "同一类别和处置方式的规则重复。",
            "There is another rule for this category and handling mode.",
        ),
        "photo_twice": ("同一照片重复出现。", "A photo is named twice."),
        "team_twice": ("同一队伍重复出现。", "A team is named twice."),
    }
)


def problem_of(error: DispatchError) -> Problem | None:
    """Return the answer to a refusal of this module's, None for another."""
    code = _CONFLICTS.get(type(error))
    if code is not None:
        return Problem(409, code)
    return _of_returns(error) or _of_units(error) or _of_work(error)


def _of_returns(error: DispatchError) -> Problem | None:
    match error:
        case errors.ReturnLimitPassed():
            return Problem(409, "return-limit-passed", return_by=error.return_by)
        case errors.ReturnedTooOften():
            return Problem(409, "returned-too-often", most=error.most)
        case errors.SupervisorDecides():
            return Problem(403, "supervisor-decides", most=error.most)
        case errors.UnitHasReturned():
            return Problem(409, "unit-has-returned", extra={"team": error.team}, team=error.team)
    return None


def _of_units(error: DispatchError) -> Problem | None:
    match error:
        case errors.NotInvolved():
            return Problem(403, "not-involved", extra={"team": error.team}, team=error.team)
        case errors.LeadSupports():
            return invalid(f"/{error.field}", "lead-supports")
        case errors.UnknownSupport():
            return Problem(404, "unknown-support")
        case errors.UnknownDepartment():
            return invalid("/department", "unknown-department")
        case errors.DepartmentMissing():
            return invalid("/department", "department-unnamed")
        case errors.UnknownComponent():
            return invalid("/code", "unknown-component")
    return None


def _of_work(error: DispatchError) -> Problem | None:
    match error:
        case errors.MomentOutOfRange():
            return invalid(f"/{error.field}", "outside-the-case", earliest=error.earliest, latest=error.latest)
        case errors.TooManyRectifications():
            return Problem(409, "too-many-rectifications", most=error.most)
        case errors.PhotoRequired():
            return refused("/photos", "photo-required", missing=", ".join(error.missing))
        case errors.PhotoRuleTwice():
            return invalid(f"/photos/{error.place}", "photo-rule-twice")
        case errors.StartFarAway():
            return refused("/position", "position-far-away")
        case errors.PositionRequired():
            return refused("/position", "position-required")
    return None


_CONFLICTS: dict[type[DispatchError], str] = {
    errors.CaseErased: "complaint-erased",
    errors.DecidedInConference: "decided-in-conference",
    errors.LeadResolves: "lead-resolves",
    errors.RectificationOpen: "rectification-open",
    errors.NoRectification: "no-rectification",
    errors.ReinspectionMissing: "reinspection-missing",
    errors.ReinspectionFailed: "reinspection-failed",
}
