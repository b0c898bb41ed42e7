"""Intake's problem texts and state names, in Chinese and English."""

from collections.abc import Mapping

from contracts.events import RequestKind
from runtime.problems import register_texts

STATUS_LABELS: Mapping[str, tuple[str, str]] = {
    "received": ("已受理", "Received"),
    "assigned": ("已派遣", "Assigned to a unit"),
    "accepted": ("已接单", "Accepted by the unit"),
    "in_progress": ("处置中", "Being handled on site"),
    "resolved": ("已处置，待核查", "Handled, to be verified"),
    "verified": ("已核查", "Verified"),
    "closed": ("已结案", "Closed"),
    "suspended": ("已挂账", "Suspended"),
    "transferred": ("已转办", "Transferred to another department"),
    "withdrawn": ("已撤回", "Withdrawn"),
    "voided": ("已作废", "Voided"),
}

KIND_LABELS: Mapping[RequestKind, tuple[str, str]] = {
    "complaint": ("投诉", "Complaint"),
    "inquiry": ("咨询", "Inquiry"),
    "help": ("求助", "Request for help"),
    "report": ("举报", "Report on others"),
    "suggestion": ("建议", "Suggestion"),
}

register_texts(
    {
        "external-ref-exists": (
            "外部编号已存在",
            "External reference exists",
            "该来源的外部编号 {external_ref} 已受理过，见 complaint。",
            "The reference {external_ref} of this source was accepted before, see complaint.",
        ),
        "unknown-source": ("未知的事件来源：{given}。", "There is no source {given}; see /intake/v1/sources."),
        "source-not-yours": (
            "您的角色不能使用事件来源 {given}。",
            "Your roles may not name the source {given}; see /intake/v1/sources.",
        ),
        "not-of-this-source": (
            "事件来源 {given} 不能填写此项。",
            "Reports of the source {given} do not have this; see `takes` in /intake/v1/sources.",
        ),
        "source-demands": (
            "事件来源 {given} 必须填写此项。",
            "Reports of the source {given} must have this; see `demands` in /intake/v1/sources.",
        ),
        "snapshot-not-attached": ("抓拍图必须列入 attachments。", "The snapshot has to be one of the attachments."),
        "deadline-is-over": ("交办时限已过。", "The deadline is over."),
        "unknown-category": ("未知的类别：{given}。", "There is no category {given}; see /intake/v1/categories."),
        "in-the-future": ("时间不能晚于现在。", "The time must not lie in the future."),
        "external-ref-not-yours": (
            "只有受理员、监督员和合作系统可以使用外部编号。",
            "Only operators, inspectors and partner systems may give an external reference.",
        ),
        "self-handling-not-yours": (
            "只有监督员和网格队员可以上报自处理事件。",
            "Only inspectors and officers may report what they have handled themselves.",
        ),
        "blank-description": ("描述不能为空白。", "The description is blank."),
    }
)
