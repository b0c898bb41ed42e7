"""Refusals that several services give, in the same words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.status_names import STATUS_NAMES
from runtime.problems import FieldError, Problem, register_texts

register_texts(
    {
        "complaint-not-found": (
            "未找到诉求",
            "Complaint not found",
            "没有这件诉求，或您无权查看。",
            "There is no such complaint, or it is not yours to see.",
        ),
        "complaint-erased": (
            "个人信息已删除",
            "Personal data was erased",
            "该诉求的个人信息已删除，不能再核定位置，也不能再补充。",
            "The personal data of this complaint was erased: its place cannot be set any more, nor anything added.",
        ),
        "illegal-transition": (
            "当前状态不允许",
            "Not allowed in this state",
            "诉求当前状态为“{present_zh}”，不能执行此操作。",
            "The complaint is {present} now, which does not allow this.",
        ),
        "bbox-invalid": (
            "应为 西,南,东,北 四个 WGS84 度数，且西不大于东、南不大于北。",
            "Give west,south,east,north in WGS84 degrees, west <= east and south <= north.",
        ),
    }
)


def not_found() -> Problem:
    """Return the one answer for an unknown complaint, another tenant's and another citizen's."""
    return Problem(404, "complaint-not-found")


def illegal_transition(status: str, version: int, code: str = "illegal-transition") -> Problem:
    """Return the answer to whoever lost a race or came too late, with the present state."""
    present = {"status": status, "version": version}
    return Problem(409, code, extra={"present": present}, present=status, present_zh=status_zh(status))


def status_zh(status: str) -> str:
    """Return what Chinese texts call the state of a complaint."""
    return STATUS_NAMES[status][0] if status in STATUS_NAMES else status


def invalid(pointer: str, code: str, **params: object) -> Problem:
    """Return the 422 for one wrong input; `pointer` as in FieldError."""
    return all_invalid([FieldError(pointer, code, params)])


def all_invalid(errors: Sequence[FieldError], most: int | None = None) -> Problem:
    """Return the 422 for wrong inputs, one at least: it counts all of them, and names `most` at the most."""
    return Problem(422, "validation-failed", errors=errors[:most], count=len(errors))


def refused(pointer: str, code: str, **params: Any) -> Problem:
    """Return the 422 for one wrong input that is a problem of its own kind; its place stands in `errors`."""
    return Problem(422, code, errors=[FieldError(pointer, code, params)], **params)


def over_at(code: str, until: datetime) -> Problem:
    """Return `Problem` 409 `code`, whose text says until when something holds or held, as `until` does for machines."""
    return Problem(409, code, extra={"until": until.isoformat(timespec="seconds")}, until=until)
