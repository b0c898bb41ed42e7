"""Intake's problem texts and state names, in Chinese and English."""

from collections.abc import Mapping

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
        "source-not-yet": ("事件来源 {given} 尚未启用。", "The source {given} is not in use yet."),
        "source-retired": ("事件来源 {given} 已停用。", "The source {given} is no longer in use."),
        "external-ref-required": (
            "您使用事件来源 {given} 时须提供外部编号。",
            "You must give an external reference with the source {given}.",
        ),
        "category-not-yet": ("类别 {given} 尚未启用。", "The category {given} is not in use yet."),
        "category-retired": ("类别 {given} 已停用。", "The category {given} is no longer in use."),
        "photo-required": ("类别 {given} 须附照片。", "A report of {given} needs a photo."),
        "attribute-missing": ("该问题必须回答。", "This question must be answered."),
        "attribute-type": ("回答的类型应为 {given}。", "The answer must be of the type {given}."),
        "attribute-out-of-range": ("回答超出范围 {given}。", "The answer is out of the range {given}."),
        "attribute-unknown-choice": ("没有这个选项，可选：{given}。", "There is no such choice; there are {given}."),
        "attribute-choice-twice": ("同一选项重复。", "A choice is given twice."),
        "version-or-moment": ("version 与 at 只能给出一个。", "Give a version or a moment, not both."),
        "configuration-version-not-found": (
            "未找到配置版本",
            "Version not found",
            "没有该版本的配置。",
            "There is no such version of the configuration.",
        ),
        "category-not-found": (
            "未找到类别",
            "Category not found",
            "该版本中没有这个类别。",
            "There is no such category in this version.",
        ),
        "report-out-of-scope": ("不予受理", "Out of scope", "{zh}", "{en}"),
        "unknown-category": ("未知的类别：{given}。", "There is no category {given}; see /intake/v1/categories."),
        "in-the-future": ("时间不能晚于现在。", "The time must not lie in the future."),
        "external-ref-not-yours": (
            "您的角色在该来源下不能使用外部编号。",
            "Your roles may not give an external reference with this source.",
        ),
        "self-handling-not-yours": (
            "只有监督员和网格队员可以上报自处理事件。",
            "Only inspectors and officers may report what they have handled themselves.",
        ),
        "blank-description": ("描述不能为空白。", "The description is blank."),
    }
)
