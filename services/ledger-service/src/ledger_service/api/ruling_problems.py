"""The refusals of endings, appeals and exclusions as problems."""

from collections.abc import Mapping

from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import (
    AppealExists,
    AppealNotPending,
    AppealNotYours,
    AppealTooLate,
    DeciderAsked,
    EndingNotPending,
    EndingPending,
    EndingUnderway,
    ExclusionStands,
    RatingMissing,
    RulingRefused,
)
from operations.problems import illegal_transition, over_at
from runtime.problems import Problem, register_texts

register_texts(
    {
        "ending-pending": (
            "已有待办的申请",
            "A request is pending",
            "该诉求已有一件作废或强制结案申请（{request}）尚未办结。",
            "There is a request to void the complaint or close it by force already, {request}, which is not settled.",
        ),
        "ending-not-pending": (
            "没有待审批的申请",
            "No such request is pending",
            "该诉求没有这件待审批的申请，或已审批过。",
            "The complaint has no such request that waits for a decision: it was decided, or there is none.",
        ),
        "ending-underway": (
            "正在作废或强制结案",
            "An ending is underway",
            "该诉求的作废或强制结案已获批准，正在停止处置，请稍后再看。",
            "It was approved to void the complaint or close it by force, and the work is being stopped: look again.",
        ),
        "decider-asked": (
            "审批人不能是申请人",
            "Decider is who asked",
            "该申请由您本人提出，须由他人审批。",
            "You asked for this yourself: somebody else has to decide.",
        ),
        "decision-reason-missing": ("不予批准时须说明原因。", "Say why it is not approved."),
        "rating-missing": (
            "没有可申诉的评价",
            "No rating to appeal against",
            "该诉求本轮尚无评价。",
            "The reporter has not rated the complaint in this round.",
        ),
        "appeal-exists": (
            "已申诉过",
            "Appeal exists",
            "该评价已申诉过，每次评价只能申诉一次。",
            "The rating was appealed against before; it is done once.",
        ),
        "appeal-too-late": (
            "已过申诉期限",
            "Too late to appeal",
            "该评价可在 {until} 之前申诉。",
            "The rating could be appealed against until {until}.",
        ),
        "appeal-not-yours": (
            "不是您处置的诉求",
            "Not your result",
            "该诉求不是您处置的，须由处置人或派遣员申诉。",
            "You have not resolved this complaint: whoever has, or a dispatcher, appeals.",
        ),
        "appeal-not-pending": (
            "没有待裁定的申诉",
            "No such appeal is pending",
            "该诉求没有这件待裁定的申诉，或已裁定过。",
            "The complaint has no such appeal that waits for a decision: it was decided, or there is none.",
        ),
        "exclusion-stands": (
            "剔除情况未变",
            "It is so already",
            "该诉求在这些指标中的剔除情况已是如此。",
            "The complaint is in, or out of, these figures already.",
        ),
    }
)

_FORBIDDEN: Mapping[type[RulingRefused], str] = {DeciderAsked: "decider-asked", AppealNotYours: "appeal-not-yours"}
_CONFLICTS: Mapping[type[RulingRefused], str] = {
    EndingNotPending: "ending-not-pending",
    EndingUnderway: "ending-underway",
    RatingMissing: "rating-missing",
    AppealExists: "appeal-exists",
    AppealNotPending: "appeal-not-pending",
    ExclusionStands: "exclusion-stands",
}


def ruling_problem(error: RulingRefused, complaint: Complaint) -> Problem:
    """Return the answer to what was refused; a conflict comes with the present state."""
    if isinstance(error, EndingPending):
        request = str(error.request)
        return Problem(409, "ending-pending", extra={"request": request}, request=request)
    if isinstance(error, AppealTooLate):
        return over_at("appeal-too-late", error.until)
    if type(error) in _FORBIDDEN:
        return Problem(403, _FORBIDDEN[type(error)])
    return illegal_transition(str(complaint.status), complaint.version, _CONFLICTS[type(error)])
