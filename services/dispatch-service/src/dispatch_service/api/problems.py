"""Dispatch's refusals as problems."""

from dispatch_service.api import life_problems
from dispatch_service.api.mobile_problems import of_mobile
from dispatch_service.domain.errors import (
    ActionConflict,
    CaseNotFound,
    DeadlinePassed,
    DispatchError,
    EndOutOfRange,
    LimitMissing,
    LimitTwice,
    NotYourTeam,
    OwnRequest,
    RequestNotFound,
    RequestOpen,
    RequestOutdated,
    RequestSettled,
    StartOutOfRange,
    SuspensionTooLong,
    TooLong,
    TooManyRequests,
    UnknownTeam,
)
from operations.problems import illegal_transition, invalid, not_found
from runtime.problems import FieldError, Problem, register_texts

register_texts(
    {
        "not-your-team": (
            "不属于您的队伍",
            "Not your team",
            "该案件由队伍 {team} 负责，您不是其成员。",
            "The case belongs to {team}, of which you are not a member.",
        ),
        "deadline-passed": (
            "已超过承诺时限",
            "The promised time is over",
            "承诺时限 {promised_at} 已过，不能再申请延时。",
            "The promised time {promised_at} is over; no more time can be asked for.",
        ),
        "too-many-requests-for-case": (
            "已达次数上限",
            "Granted as often as it may be",
            "该案件最多可批准 {most} 次。",
            "A case may be granted this {most} times at the most.",
        ),
        "request-open": (
            "已有待审批的申请",
            "There is an open request",
            "该案件已有同类申请等待审批。",
            "The same was asked for already and waits for a decision.",
        ),
        "request-not-found": (
            "未找到申请",
            "Request not found",
            "该案件没有这项申请或督办。",
            "The case has no such request or supervision order.",
        ),
        "request-settled": (
            "已处理",
            "Settled before",
            "该申请已审批，或该督办已回复或撤销。",
            "The request was decided, or the supervision order answered or withdrawn, before.",
        ),
        "request-outdated": (
            "申请已失效",
            "The request is out of date",
            "申请的时间已过，或不晚于现在的承诺时限。",
            "The time asked for is over, or no later than what is promised now.",
        ),
        "own-request": (
            "不能审批自己的申请",
            "Your own request",
            "申请人不能审批自己的申请。",
            "Nobody approves what they have asked for themselves.",
        ),
        "extension-too-long": (
            "延时过长",
            "Longer than an extension may be",
            "延时最长至 {latest}。",
            "An extension may last until {latest} at the latest.",
        ),
        "suspension-too-long": (
            "挂账过长",
            "Longer than a suspension may be",
            "挂账最长至 {latest}。",
            "A suspension may last until {latest} at the latest.",
        ),
        "end-out-of-range": (
            "应晚于 {earliest}，且不晚于 {latest}。",
            "Must lie after {earliest}, and not after {latest}.",
        ),
        "limit-twice": (
            "同一类别、级别和环节的时限重复。",
            "There is another limit for this category, grade and stage.",
        ),
        "level-twice": ("同一级别重复。", "The level is there twice."),
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
        "unknown-community": ("没有该社区。", "There is no such community."),
        "unknown-grid": ("没有该网格。", "There is no such grid."),
        "unknown-owner": ("没有该部门。", "There is no such department."),
        "duplicate-code": ("编码重复。", "The code comes more than once."),
        "hours_invalid": (
            "应为开放时间，如 Mo-Fr 08:00-12:00,14:00-18:00; PH off（PH 为节假日），或 24/7；留空表示始终开放。",
            "Opening hours, such as Mo-Fr 08:00-12:00,14:00-18:00; PH off (PH: holidays), or 24/7; empty: always open.",
        ),
        "member_twice": ("同一人重复出现。", "Somebody is named twice."),
        "ring_open": (
            "环未闭合：首末两点应相同。",
            "The ring is not closed: its first and last position must be the same.",
        ),
        "ring_not_in_degrees": (
            "坐标应为经度（-180 至 180）在前、纬度（-90 至 90）在后的度数。",
            "Positions are degrees: longitude (-180 to 180) first, then latitude (-90 to 90).",
        ),
        "crs_unsupported": (
            "GeoJSON 坐标应为 WGS84（RFC 7946）。",
            "GeoJSON is in WGS84 (RFC 7946): convert the file first.",
        ),
        "shape-invalid": (
            "图形无法使用：{reason}，位于经度 {lon}、纬度 {lat}。",
            "The shape cannot be used: {reason}, at longitude {lon}, latitude {lat}.",
        ),
        "place-not-found": (
            "未找到",
            "Not found",
            "没有该编码的社区、网格、队伍、点位、部门或部件。",
            "There is no community, grid, team, post, department or component with this code.",
        ),
        "place-in-use": (
            "仍在使用",
            "Still in use",
            "仍有网格（含历史版本）、队伍、点位、部件、案件、转办、巡查计划或未结束的排班与其相关，不能删除。",
            "Grids (of all times), teams, posts, components, cases, transfers, patrol plans or duties that are not "
            "over still refer to it, so it stays.",
        ),
        "start-out-of-range": (
            "应在受理时间之后，且不得晚于当前时间五分钟以上。",
            "Must not lie before the receipt of the complaint, nor more than five minutes in the future.",
        ),
    }
)


def problem_of(error: DispatchError) -> Problem:
    """Return the answer to a refusal; the loser of a race is told the present state."""
    return _of_requests(error) or life_problems.problem_of(error) or of_mobile(error) or _of_cases(error)


def _of_cases(error: DispatchError) -> Problem:
    match error:
        case CaseNotFound():
            return not_found()
        case NotYourTeam():
            return Problem(403, "not-your-team", extra={"team": error.team}, team=error.team)
        case ActionConflict():
            return illegal_transition(error.status.value, error.version)
        case UnknownTeam():
            return invalid(f"/{error.field}", "unknown-team")
        case LimitTwice():
            return invalid(f"/limits/{error.place}", "limit-twice")
        case LimitMissing():
            return invalid("/limits", "limit-missing", stage=error.stage)
        case StartOutOfRange():
            return invalid("/started_at", "start-out-of-range")
    raise TypeError(f"no problem for {type(error).__name__}")


def _of_requests(error: DispatchError) -> Problem | None:
    match error:
        case DeadlinePassed():
            return Problem(409, "deadline-passed", promised_at=error.promised_at)
        case TooManyRequests():
            return Problem(409, "too-many-requests-for-case", most=error.most)
        case TooLong():
            what = "suspension-too-long" if isinstance(error, SuspensionTooLong) else "extension-too-long"
            wrong = FieldError("/until", what, {"latest": error.latest})
            extra = {"latest": error.latest.isoformat()}
            return Problem(422, what, errors=[wrong], extra=extra, latest=error.latest)
        case EndOutOfRange():
            return invalid(f"/{error.field}", "end-out-of-range", earliest=error.earliest, latest=error.latest)
        case OwnRequest():
            return Problem(403, "own-request")
        case RequestNotFound():
            return Problem(404, "request-not-found")
    code = _CONFLICTS.get(type(error))
    return None if code is None else Problem(409, code)


_CONFLICTS: dict[type[DispatchError], str] = {
    RequestOpen: "request-open",
    RequestSettled: "request-settled",
    RequestOutdated: "request-outdated",
}
