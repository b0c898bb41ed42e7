"""The refusals of activities and bulletins."""

from collections.abc import Sequence

from ledger_service.domain.activity import Activity, Flaw
from operations.problems import all_invalid
from runtime.problems import FieldError, Problem, register_texts

register_texts(
    {
        "activity-not-found": (
            "未找到活动",
            "Activity not found",
            "没有这项活动。",
            "There is no such activity.",
        ),
        "activity-voided": (
            "活动已作废",
            "The activity is void",
            "该活动已作废，不能再更正或作废。",
            "The activity was voided: it can neither be corrected nor voided again.",
        ),
        "activity-of-another": (
            "不是您登记的活动",
            "Somebody else's activity",
            "只有登记人、派遣员和值班长可以更正活动。",
            "Only whoever recorded an activity, dispatchers and supervisors may correct it.",
        ),
        "unknown-activity-kind": (
            "没有这种活动，见 /ledger/v1/activity-kinds。",
            "There is no such kind of activity; see /ledger/v1/activity-kinds.",
        ),
        "quantity-out-of-range": ("数量应为 1 至 {most}。", "The quantity must be from 1 to {most}."),
        "people-out-of-range": ("人数应为 1 至 {most}。", "The number of people must be from 1 to {most}."),
        "in-the-future": ("时间不能晚于现在。", "The time must not lie in the future."),
    }
)


def activity_not_found() -> Problem:
    """Return the one answer for an unknown activity and another tenant's."""
    return Problem(404, "activity-not-found")


def activity_voided(activity: Activity) -> Problem:
    """Return the answer to whoever wants to do something with a voided activity."""
    return Problem(409, "activity-voided", extra={"present": {"status": "voided", "version": activity.version}})


def refuse_flaws(flaws: Sequence[Flaw]) -> None:
    """Raise the 422 that names all `flaws`, if there are any."""
    if flaws:
        raise all_invalid([FieldError(flaw.pointer, flaw.code, flaw.params) for flaw in flaws])
