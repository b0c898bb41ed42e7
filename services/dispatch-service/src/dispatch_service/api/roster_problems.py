"""Refusals about rosters as problems."""

from collections.abc import Mapping

from dispatch_service.domain import roster_errors as errors
from dispatch_service.domain.attendance import SENT_LATE
from dispatch_service.domain.roster_errors import InTwoPlaces, RosterError
from operations.problems import invalid, refused
from runtime.problems import Problem, register_texts

register_texts(
    {
        "duty_request_parts": (
            "请假不带 to 和 other_duty；替班须给 to；换班须给 other_duty。",
            "A leave has neither `to` nor `other_duty`, a handover has `to`, a swap has `other_duty`.",
        ),
        "unknown-shift": ("没有该班次。", "There is no such shift."),
        "unknown-post": ("没有该点位。", "There is no such post."),
        "not-a-member": (
            "不是队伍成员",
            "Not a member",
            "该人员不是该队伍的成员。",
            "This person is not a member of the team.",
        ),
        "outside-period": ("不在 {first} 至 {last} 之内。", "Does not lie between {first} and {last}."),
        "too-many-duties": (
            "值班安排过多",
            "Too many duties",
            "一次最多 {most} 班，这里有 {count} 班；请缩短时间段。",
            "{most} duties at once are the most, and these are {count}: take a shorter period.",
        ),
        "in-two-places": (
            "同一时间两处值班",
            "In two places at once",
            "{subject} 在 {begins} 至 {ends} 已有值班。",
            "{subject} is on duty from {begins} to {ends} already.",
        ),
        "on-leave": (
            "已请假",
            "On leave",
            "{subject} 此时已获准请假，不能接班。",
            "{subject} has leave at that time, and cannot take the duty.",
        ),
        "template-not-found": ("未找到模板", "Template not found", "没有该排班模板。", "There is no such template."),
        "template-name-taken": (
            "模板名称已存在",
            "The name is taken",
            "该队伍已有同名模板。",
            "The team has a template of this name already.",
        ),
        "roster-conflicts": (
            "排班有冲突",
            "The roster has conflicts",
            "有 {count} 处冲突，未排班；dry_run=true 可查看全部。",
            "Nothing was planned for {count} conflicts; dry_run=true shows all of them.",
        ),
        "duty-begun": (
            "值班已开始",
            "The duty has begun",
            "值班已开始、已打卡或已请假，不能再更改。",
            "The duty has begun, somebody has clocked in, or it is on leave: it stays as it is.",
        ),
        "duty-over": ("该班次已结束，不能再安排。", "The duty would be over already: it cannot be planned any more."),
        "duty-not-found": (
            "未找到值班",
            "Duty not found",
            "没有这一班或这一申请，或与您无关。",
            "There is no such duty or request, or it is not yours.",
        ),
        "request-pending": (
            "已有待批申请",
            "Asked already",
            "该班次已有待批的申请。",
            "Something is asked about this duty that nobody has decided yet.",
        ),
        "request-decided": ("已审批", "Decided already", "该申请已审批过。", "This was decided before."),
        "no-duty-now": (
            "此时没有值班",
            "No duty now",
            "值班表上此时没有您的班（最早提前两小时打卡）。",
            "The roster has no duty for you now (clocking in begins two hours before).",
        ),
        "already-clocked": ("已打过卡", "Clocked already", "您已打过卡。", "You have done that before."),
        "moment-too-old": (
            "打卡补传最迟 {days} 天，请联系调度员补记。",
            "Clocking is sent {days} days late at the most: tell the dispatcher.",
        ),
        "position-far-away": (
            "位置过远",
            "Far away",
            "位置距本县各网格超过 50 公里，疑为定位错误。",
            "The position is more than 50 km from every grid of the county: it must be an error.",
        ),
    }
)

_ANSWERS: Mapping[type[RosterError], tuple[int, str]] = {
    errors.UnknownTeam: (422, "unknown-team"),
    errors.TemplateNotFound: (404, "template-not-found"),
    errors.TemplateNameTaken: (409, "template-name-taken"),
    errors.UnknownShift: (422, "unknown-shift"),
    errors.UnknownPost: (422, "unknown-post"),
    errors.NotAMember: (422, "not-a-member"),
    errors.InTwoPlaces: (409, "in-two-places"),
    errors.DutyBegun: (409, "duty-begun"),
    errors.DutyOver: (422, "duty-over"),
    errors.DutyNotFound: (404, "duty-not-found"),
    errors.RequestPending: (409, "request-pending"),
    errors.RequestDecided: (409, "request-decided"),
    errors.OwnRequest: (403, "own-request"),
    errors.NoDutyNow: (409, "no-duty-now"),
    errors.AlreadyClocked: (409, "already-clocked"),
}


def problem_of(error: RosterError, pointer: str | None = None) -> Problem:
    """Return the answer to a refusal; with `pointer` as a finding about a part of the body."""
    if isinstance(error, errors.FarAway):
        return refused(pointer or "/position", "position-far-away")
    if isinstance(error, errors.MomentInTheFuture):
        return invalid("/at", "moment-in-the-future")
    if isinstance(error, errors.MomentTooOld):
        return invalid("/at", "moment-too-old", days=SENT_LATE.days)
    if isinstance(error, errors.OnLeave):
        return Problem(409, "on-leave", extra={"subject": error.subject}, subject=error.subject)
    if isinstance(error, errors.TooManyDuties):
        return refused("query/to", "too-many-duties", most=error.most, count=error.count)
    status, code = _ANSWERS[type(error)]
    taken = _taken(error) if isinstance(error, InTwoPlaces) else {}
    if pointer is not None:
        return invalid(pointer, code, **taken)
    return Problem(
        status,
        code,
        extra=taken,
        subject=taken.get("subject"),
        begins=taken.get("begins"),
        ends=taken.get("ends"),
    )


def code_of(error: RosterError) -> str:
    """Return the code of a refusal of a place or a duty."""
    return _ANSWERS[type(error)][1]


def _taken(error: InTwoPlaces) -> Mapping[str, str]:
    return {"subject": error.subject, "begins": error.begins.isoformat(), "ends": error.ends.isoformat()}
