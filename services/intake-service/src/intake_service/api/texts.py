"""Intake's problem texts and state names, in Chinese and English."""

from collections.abc import Mapping

from contracts.events import RequestKind
from contracts.status_names import STATUS_NAMES
from runtime.problems import register_texts

STATUS_LABELS: Mapping[str, tuple[str, str]] = {
    **STATUS_NAMES,
    "rejected": ("不予受理", "Not dealt with here"),
    "merged": ("已并案办理", "Dealt with together with another report"),
}
"""As reporters read them."""

KIND_LABELS: Mapping[RequestKind, tuple[str, str]] = {
    "complaint": ("投诉", "Complaint"),
    "inquiry": ("咨询", "Inquiry"),
    "help": ("求助", "Request for help"),
    "report": ("举报", "Report on others"),
    "suggestion": ("建议", "Suggestion"),
}

register_texts(
    {
        "release-underway": (
            "正在等待派遣系统的答复",
            "Another ending is underway",
            "已有另一项结束该诉求的申请，正在等待派遣系统的答复（当前状态：{present_zh}）。请稍后查看结果。",
            "Another ending of this complaint (in state {present}) waits for dispatch's word. Look again in a moment.",
        ),
        "external-ref-exists": (
            "外部编号已存在",
            "External reference exists",
            "该来源的外部编号 {external_ref} 已受理过，见 complaint。",
            "The reference {external_ref} of this source was accepted before, see complaint.",
        ),
        "draft-not-found": (
            "未找到草稿",
            "Draft not found",
            "没有这份草稿，或已过期，或不是您的。",
            "There is no such draft, its time is over, or it is not yours.",
        ),
        "draft-submitted": (
            "草稿已提交",
            "The draft was submitted",
            "该草稿已提交为诉求 {number}，见 complaint。",
            "The draft has become the complaint {number}, see complaint.",
        ),
        "too-many-drafts": (
            "草稿过多",
            "Too many drafts",
            "每人最多保留 {limit} 份草稿，请先提交或删除。",
            "Nobody may keep more than {limit} drafts: submit one or delete one.",
        ),
        "coordinates-needed": ("请提供经纬度。", "Give lon and lat: an address alone is no place on the map."),
        "unknown-source": ("未知的事件来源：{given}。", "There is no source {given}; see /intake/v1/sources."),
        "source-not-yours": (
            "您的角色不能使用事件来源 {given}。",
            "Your roles may not name the source {given}; see /intake/v1/sources.",
        ),
        "source-not-yet": ("事件来源 {given} 尚未启用。", "The source {given} is not in use yet."),
        "source-retired": ("事件来源 {given} 已停用。", "The source {given} is no longer in use."),
        "category-not-yet": ("类别 {given} 尚未启用。", "The category {given} is not in use yet."),
        "category-retired": ("类别 {given} 已停用。", "The category {given} is no longer in use."),
        "category-needs-photo": ("类别 {given} 须附照片。", "A report of {given} needs a photo."),
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
        "not-of-this-source": (
            "事件来源 {given} 不能填写此项。",
            "Reports of the source {given} do not have this; see `takes` in /intake/v1/sources.",
        ),
        "source-demands": (
            "事件来源 {given} 必须填写此项。",
            "Reports of the source {given} must have this; see `demands` in /intake/v1/sources.",
        ),
        "snapshot-not-attached": ("抓拍图必须列入 attachments。", "The snapshot has to be one of the attachments."),
        "station-unknown": (
            "没有编码为 {given} 的联络站、岗亭或便民服务站。",
            "There is no station with the code {given}; see /dispatch/v1/posts.",
        ),
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
        "merge-into-itself": ("不能并入自身。", "A complaint cannot be merged into itself."),
        "merge-cycle": (
            "不能互相并案",
            "That would be a circle",
            "诉求 {master} 正是并入本件的；请先取消并案。",
            "The other one is merged into this one ({master}); unmerge it first.",
        ),
        "master-is-merged": (
            "主件已并入他件",
            "The master is merged itself",
            "该主件已并入 {master}，请改为并入 {master}。",
            "It is merged into {master} itself; merge into {master} instead.",
        ),
        "merge-underway": (
            "另一并案正在办理",
            "Another merge is underway",
            "{member} 并入 {master} 正在等待派遣系统的答复，与本次并案相关。请稍后查看结果。",
            "The merge of {member} into {master} waits for dispatch's word, and this one depends on it. "
            "Look again in a moment.",
        ),
        "merged-already": (
            "已经并案",
            "Merged already",
            "本件已并入 {master}；如需改并，请先取消并案。",
            "It is merged into {master}; unmerge it first to merge it into another.",
        ),
        "merge-ended": (
            "已结束，不能并案",
            "It has ended",
            "诉求当前状态为“{present_zh}”，已结束的诉求不能并案。",
            "The complaint is {present}; what has ended is not merged any more.",
        ),
        "master-has-ended": (
            "主件已结束",
            "The master has ended",
            "主件当前状态为“{present_zh}”，不能再并入；请受理为新诉求。",
            "The master is {present}; nothing can be merged into it any more.",
        ),
        "merge-is-master": (
            "本件是主件",
            "It is a master itself",
            "已有 {count} 件并入本件；请将对方并入本件，或先逐件取消并案。",
            "{count} complaints are merged into this one; merge the other into this, or unmerge those first.",
        ),
        "merge-loses-order": (
            "并案会丢失上级交办",
            "The merge would lose an order",
            "本件系上级交办（{number}），主件没有交办，或其期限更晚；请将对方并入本件。",
            "A superior has ordered this one ({number}); the other has no order, or a later deadline. "
            "Merge the other way round, the other into this one.",
        ),
        "not-merged": (
            "并未并案",
            "Not merged",
            "诉求当前状态为“{present_zh}”，没有并案可以取消。",
            "The complaint is {present}; it is not merged.",
        ),
        "follow-own": (
            "这是您自己的诉求",
            "It is your own",
            "您本人上报的诉求无需关注，可直接查询进度。",
            "You have reported this yourself and see its progress anyway.",
        ),
        "follows-too-many": (
            "关注过多",
            "Too many followed",
            "最多关注 {most} 件诉求，请先取消一些。",
            "Follow {most} complaints at most; give some up first.",
        ),
        "asked-too-often": (
            "查询过于频繁",
            "Asked too often",
            "{minutes} 分钟内最多查询 {times} 次，请稍后再试。",
            "Ask at most {times} times in {minutes} minutes; try again later.",
        ),
        "attribute-value": (
            "应为文本（最多 1000 个字符）、数字、true、false、null，或由选项代码组成的数组。",
            "Must be a text of at most 1000 characters, a number, true, false, null, or a list of codes of choices.",
        ),
        "blank-description": ("描述不能为空白。", "The description is blank."),
    }
)
