"""What people call the states and events, in Chinese and English."""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.lifecycle import EventType, Status
from contracts.status_names import STATUS_NAMES
from ledger_service.domain.entry_types import EntryType, OwnType


class Label(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str


STATUS_LABELS: Mapping[Status, Label] = {status: Label(*STATUS_NAMES[status]) for status in Status}

EVENT_LABELS: Mapping[EventType, Label] = {
    EventType.RECEIVED: Label("受理", "Received"),
    EventType.ASSIGNED: Label("派遣", "Assigned"),
    EventType.ACCEPTED: Label("接单", "Accepted"),
    EventType.STARTED: Label("到场处置", "Work started on site"),
    EventType.CONTRIBUTED: Label("协同处置", "Contributed to"),
    EventType.RETURNED: Label("退单", "Returned by the unit"),
    EventType.TRANSFERRED: Label("转办", "Transferred"),
    EventType.EXTENDED: Label("延时", "More time granted"),
    EventType.SUSPENDED: Label("挂账", "Suspended"),
    EventType.RESUMED: Label("恢复处置", "Resumed"),
    EventType.RESCHEDULED: Label("时限重算", "Promised time reckoned anew"),
    EventType.ESCALATED: Label("督办", "Escalated"),
    EventType.ORDER_REPLIED: Label("督办回复", "Supervision order answered"),
    EventType.ORDER_WITHDRAWN: Label("撤销督办", "Supervision order withdrawn"),
    EventType.ORDER_MISSED: Label("督办逾期未回复", "Supervision order not answered in time"),
    EventType.RECTIFICATION_ORDERED: Label("责令限期整改", "Rectification ordered"),
    EventType.REINSPECTION_DUE: Label("到期复查", "Re-inspection due"),
    EventType.REINSPECTED: Label("复查", "Inspected again"),
    EventType.RESOLVED: Label("处置完成", "Handled"),
    EventType.PHOTOS_ASKED: Label("核对照片", "Photos asked for"),
    EventType.VERIFIED: Label("核查通过", "Verified"),
    EventType.REWORK_ORDERED: Label("返工", "Rework ordered"),
    EventType.FOLLOWED_UP: Label("回访", "Followed up"),
    EventType.CLOSED: Label("结案", "Closed"),
    EventType.FEEDBACK_RECEIVED: Label("反馈评价", "Feedback given"),
    EventType.RATING_APPEALED: Label("评价申诉", "Rating appealed"),
    EventType.APPEAL_DECIDED: Label("申诉裁定", "Appeal decided"),
    EventType.REOPENED: Label("重办", "Reopened"),
    EventType.ENDING_REQUESTED: Label("申请作废或强制结案", "Voiding or forced closing asked for"),
    EventType.ENDING_DECIDED: Label("作废或强制结案审批", "Voiding or forced closing decided"),
    EventType.FORCE_CLOSED: Label("强制结案", "Closed by force"),
    EventType.VOIDED: Label("作废", "Voided"),
    EventType.EXCLUDED: Label("剔除", "Excluded from figures"),
    EventType.RELEASE_REQUESTED: Label("申请撤回、不予受理或并案", "Withdrawal, rejection or merging asked for"),
    EventType.RELEASED: Label("停止处置", "Work stopped"),
    EventType.RELEASE_REFUSED: Label("未准停止处置", "Work not stopped"),
    EventType.WITHDRAWN: Label("撤回", "Withdrawn"),
    EventType.REJECTED: Label("不予受理", "Rejected"),
    EventType.MERGED: Label("并案", "Merged with another"),
    EventType.UNMERGED: Label("取消并案", "No longer merged"),
    EventType.SUPPLEMENTED: Label("补充材料", "Something added"),
    EventType.QUESTION_ASKED: Label("询问上报人", "Reporter asked"),
    EventType.QUESTION_ANSWERED: Label("上报人答复", "Reporter's answer"),
    EventType.QUESTION_LAPSED: Label("逾期未答复", "No answer in time"),
    EventType.LOCATED: Label("核定位置", "Place set"),
    EventType.RECLASSIFIED: Label("变更类别", "Put into another category"),
    EventType.CLEARED: Label("甄别放行", "Cleared in triage"),
    EventType.PHOTOS_CHECKED: Label("照片核对", "Photos checked"),
    EventType.ERASED: Label("删除个人信息", "Personal data erased"),
}

OWN_LABELS: Mapping[OwnType, Label] = {
    OwnType.ACTIVITY_RECORDED: Label("登记活动", "Activity recorded"),
    OwnType.ACTIVITY_CORRECTED: Label("更正活动", "Activity corrected"),
    OwnType.ACTIVITY_VOIDED: Label("作废活动", "Activity voided"),
    OwnType.ACTIVITY_ERASED: Label("删除活动文字", "What was written about an activity erased"),
    OwnType.EXPORT_MADE: Label("导出台账", "Ledger exported"),
    OwnType.REVIEW_DECIDED: Label("复核后维持结案", "Left closed after a review"),
    OwnType.REVIEW_ERASED: Label("删除复核意见", "What a review said erased"),
}


def label_of(entry_type: EntryType) -> Label:
    """Return what people call a kind of entry."""
    return OWN_LABELS[entry_type] if isinstance(entry_type, OwnType) else EVENT_LABELS[entry_type]
