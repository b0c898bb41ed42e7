"""The refusals of closings, follow-up tasks and words without an account."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger_service.domain.calls import BadCall
from ledger_service.domain.closing_rule_checks import Flaw
from ledger_service.domain.closing_rules import Gate
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import (
    DecisionUnfitting,
    FollowUpClaimed,
    FollowUpExists,
    FollowUpOver,
    GatesMissing,
)
from ledger_service.domain.gates import EvidenceMissing
from ledger_service.service.following_up import UnknownTask
from operations.problems import all_invalid, illegal_transition, invalid, over_at
from runtime.problems import FieldError, Problem, register_texts

_GATES_ZH: Mapping[str, str] = {Gate.VERIFICATION: "核查", Gate.FOLLOW_UP: "回访"}

register_texts(
    {
        "gates-missing": (
            "结案条件未满足",
            "Gates are missing",
            "结案前还须通过：{missing_zh}。",
            "Before it can be closed it has to pass: {missing}.",
        ),
        "follow-up-not-found": (
            "未找到回访任务",
            "Follow-up task not found",
            "没有这个回访任务。",
            "There is no such follow-up task.",
        ),
        "follow-up-over": (
            "回访任务已结束",
            "Follow-up task is over",
            "该任务已完成，或所属轮次已结束，不能再登记。",
            "The task is done, or the round that it was about is over: nothing can be added.",
        ),
        "follow-up-exists": (
            "已有回访任务",
            "Follow-up task exists",
            "该诉求本轮已有待办的回访任务。",
            "The reporter is to be called about this round already.",
        ),
        "follow-up-claimed": (
            "任务已被领取",
            "Follow-up task is claimed",
            "其他人员已领取该任务，保留至 {until}。",
            "A colleague has this task until {until}.",
        ),
        "claim-not-yours": (
            "未领取该任务",
            "Not your task",
            "您没有领取该任务，无法退回。",
            "You have not claimed this task, so you cannot give it back.",
        ),
        "review-needs-supervisor": (
            "复核由值班长办理",
            "A supervisor's task",
            "该任务由值班长裁定。",
            "A supervisor decides on this task.",
        ),
        "closing-rules-not-found": (
            "未找到结案规则",
            "Closing rules not found",
            "没有这个版本的结案规则。",
            "There is no such version of the closing rules.",
        ),
        "decision-unfitting": ("此任务可选的裁定：{possible}。", "This task takes these decisions: {possible}."),
        "verification-method-refused": (
            "此类诉求的核查方式应为：{needed}。",
            "Such results are verified by: {needed}.",
        ),
        "verification-photos-missing": (
            "此类诉求核查通过须附照片，至少 {needed} 张。",
            "A passed verification of this kind has to show photos, {needed} at least.",
        ),
        "photo-twice": ("同一照片重复出现。", "A photo is named twice."),
        "verification-position-missing": (
            "此类诉求核查通过须附定位。",
            "A passed verification of this kind has to say where it was made.",
        ),
        "answer-without-contact": ("未联系上时不能填写。", "Nobody was reached who could have said this."),
        "solved-missing": ("请填写是否解决。", "Say whether it is solved."),
        "unsolved-note-missing": ("未解决时请填写反映人的说法。", "Say what the reporter says is not solved."),
        "word-incomplete": ("满意度和是否解决须同时填写。", "satisfaction and solved go together."),
        "question-unknown": ("问卷中没有此题。", "The script has no such question."),
        "answer-unfitting": ("答案与题型不符。", "That does not answer the question."),
        "answer-missing": ("此题必答。", "This question has to be answered."),
        "next-try-invalid": (
            "下次回访应在 30 天内，且任务还须继续回访。",
            "The next try is within 30 days from now, and only where there is one.",
        ),
        "moment-past": ("应为将来的时间。", "Give a moment to come."),
        "closing-rule-shadowed": ("前面的规则已涵盖此规则，永远用不到。", "Rules before this one leave nothing to it."),
        "unknown-category": ("未知的类别：{given}。", "There is no category {given}; see /intake/v1/categories."),
        "unknown-source": ("未知的事件来源：{given}。", "There is no source {given}; see /intake/v1/sources."),
        "gate-twice": ("每道关口只列一次。", "Name each gate once."),
        "evidence-without-verification": ("不需核查时不能规定核查证据。", "Without the gate nobody shows evidence."),
        "sample-beside-gate": ("已规定必须回访，不能再抽样。", "Where every reporter is called, none is drawn."),
        "question-twice": ("题目编码重复。", "There is a question of this code already."),
        "choices-unfitting": (
            "单选题应有至少两个不同选项，其他题型没有选项。",
            "A choice has two different choices at least, other questions have none.",
        ),
    }
)

ClosingRefusal = (
    GatesMissing
    | FollowUpOver
    | FollowUpExists
    | FollowUpClaimed
    | DecisionUnfitting
    | BadCall
    | EvidenceMissing
    | UnknownTask
)
CLOSING_REFUSALS = (
    GatesMissing,
    FollowUpOver,
    FollowUpExists,
    FollowUpClaimed,
    DecisionUnfitting,
    BadCall,
    EvidenceMissing,
    UnknownTask,
)


def closing_problem_of(error: ClosingRefusal, complaint: Complaint) -> Problem:
    """Return the answer to a refused action; whoever lost a race is told the present state."""
    present = {"status": str(complaint.status), "version": complaint.version}
    match error:
        case GatesMissing(gates=gates):
            extra = {"missing": [str(gate) for gate in gates], "present": present}
            names = "、".join(_GATES_ZH[gate] for gate in gates)
            return Problem(409, "gates-missing", extra=extra, missing=", ".join(gates), missing_zh=names)
        case FollowUpClaimed():
            return claimed(error)
        case DecisionUnfitting(possible=possible):
            return invalid("/decision", "decision-unfitting", possible=", ".join(possible) or "-")
        case BadCall() | EvidenceMissing():
            return _of_fields(error)
        case UnknownTask():
            return task_not_found()
    code = "follow-up-over" if isinstance(error, FollowUpOver) else "follow-up-exists"
    return illegal_transition(str(complaint.status), complaint.version, code)


def task_not_found() -> Problem:
    """Return the one answer for an unknown task and another tenant's."""
    return Problem(404, "follow-up-not-found")


def task_over(row: Mapping[str, Any]) -> Problem:
    """Return the answer to whoever is late; `row` is the task with its complaint."""
    return Problem(409, "follow-up-over", extra={"present": {"state": row["state"], "version": row["version"]}})


def needs_supervisor() -> Problem:
    """Return the answer to an operator who claims what a supervisor decides."""
    return Problem(403, "review-needs-supervisor")


def claim_not_yours() -> Problem:
    """Return the answer to whoever gives back what they have not claimed."""
    return Problem(409, "claim-not-yours")


def rules_not_found() -> Problem:
    """Return the answer for a version that there is not."""
    return Problem(404, "closing-rules-not-found")


def rules_refused(flaws: Sequence[Flaw]) -> Problem:
    """Return the answer to rules that cannot be meant."""
    return all_invalid([FieldError(f"/rules{flaw.pointer}", flaw.code, {"given": flaw.given}) for flaw in flaws])


def claimed(error: FollowUpClaimed) -> Problem:
    """Return the answer to whoever was quicker."""
    return over_at("follow-up-claimed", error.until)


def _of_fields(error: BadCall | EvidenceMissing) -> Problem:
    if isinstance(error, BadCall):
        return all_invalid([FieldError(flaw.pointer, flaw.code) for flaw in error.flaws])
    return all_invalid([FieldError(flaw.pointer, flaw.code, {"needed": flaw.needed}) for flaw in error.flaws])
