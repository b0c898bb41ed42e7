"""Refusals of notes, of actions that were done offline, and of actions on many cases, as problems."""

from dispatch_service.domain.errors import DispatchError
from dispatch_service.domain.mobile_errors import ActionIdReused, ChangedMeanwhile, MomentOutOfRange, TooManyNotes
from operations.problems import invalid, refused
from runtime.etag import etag
from runtime.problems import Problem, register_texts

register_texts(
    {
        "ended-not-sorted": (
            "已结束的案件不能按 {sort} 排序；请按受理时间列出，或用 received_from 等条件缩小范围。",
            "Ended cases are not listed by {sort}: list them newest first, narrowed down by received_from and others.",
        ),
        "too-many-notes": (
            "备注过多",
            "Too many notes",
            "一个案件最多可有 {most} 条备注。",
            "A case may have at most {most} notes.",
        ),
        "moment-not-believed": (
            "应在受理时间之后，且不得晚于当前时间五分钟以上。",
            "Must not lie before the receipt of the complaint, nor more than five minutes in the future.",
        ),
        "action-id-reused": (
            "操作编号被重复使用",
            "Action id reused",
            "该编号已用于另一个操作。",
            "This id was used for a different action.",
        ),
        "case-twice": ("案件重复。", "The case is named twice."),
        "near-invalid": (
            "应为 经度,纬度 两个度数，如 107.2357,26.5807。",
            "Give lon,lat in degrees, such as 107.2357,26.5807.",
        ),
        "near-missing": ("按距离排序须提供 near。", "Sorting by distance needs near."),
        "worklist-outdated": (
            "增量已不可用",
            "Too much has changed",
            "自该时间以来的变化过多或过久，请不带 updated_after 重新获取全部清单。",
            "Too long ago, or too much has changed since: ask for the whole list, without updated_after.",
        ),
    }
)


def of_mobile(error: DispatchError) -> Problem | None:
    """Return the answer to such a refusal, None to any other."""
    match error:
        case TooManyNotes():
            return Problem(409, "too-many-notes", most=error.most)
        case ChangedMeanwhile():
            present = etag(error.version)
            return Problem(412, "precondition-failed", extra={"current_etag": present}, etag=present)
        case MomentOutOfRange():
            return invalid("/at", "moment-not-believed")
        case ActionIdReused():
            return refused("/id", "action-id-reused")
    return None
