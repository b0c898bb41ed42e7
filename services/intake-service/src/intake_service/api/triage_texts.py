"""The problems of triage, in Chinese and English."""

from runtime.problems import register_texts

register_texts(
    {
        "reports-too-often": (
            "提交过于频繁",
            "Too many reports",
            "每 {hours} 小时最多提交 {most} 件诉求，请稍后再试；紧急情况请拨打12345。",
            "You may file {most} complaint(s) in {hours} hour(s). Try again later, or call 12345 if it is urgent.",
        ),
        "phone-reports-too-often": (
            "该电话提交过于频繁",
            "Too many reports with this phone",
            "同一电话每 {hours} 小时最多提交 {most} 件诉求，请稍后再试；紧急情况请拨打12345。",
            "With one phone {most} complaint(s) may be filed in {hours} hour(s). Try again later, or call 12345.",
        ),
        "device-reports-too-often": (
            "该设备提交过于频繁",
            "Too many reports from this device",
            "同一设备每 {hours} 小时最多提交 {most} 件诉求，请稍后再试；紧急情况请拨打12345。",
            "From one device {most} complaint(s) may be filed in {hours} hour(s). Try again later, or call 12345.",
        ),
        "device-id-invalid": (
            "设备标识无效",
            "The id of the device is none",
            "X-Device-Id（Open311 的 device_id）应为 8 至 128 个可见的 ASCII 字符。",
            "X-Device-Id (device_id of Open311) has to be 8 to 128 visible ASCII characters.",
        ),
        "triage-item-not-found": (
            "甄别队列中没有该诉求",
            "Not in the triage queue",
            "甄别队列中没有这件诉求。",
            "There is no such complaint in the triage queue, nor was there.",
        ),
        "triage-settled": (
            "已处理",
            "It is settled",
            "该诉求已不在甄别队列中（{outcome_zh}）。",
            "The complaint has left the triage queue ({outcome}).",
        ),
        "triage-claimed": (
            "他人正在处理",
            "Somebody else looks at it",
            "{by} 正在甄别该诉求。",
            "{by} looks at this complaint.",
        ),
        "triage-already": (
            "已在甄别队列中",
            "It waits there already",
            "该诉求已在甄别队列中等待处理。",
            "The complaint waits in the triage queue already.",
        ),
        "triage-rules-not-found": (
            "没有该版本的甄别规则",
            "No such version of the rules",
            "没有这个版本的甄别规则。",
            "There is no such version of the triage rules.",
        ),
        "rule-never-active": ("active_to 应晚于 active_from。", "It ends before it begins."),
        "rule-twice": ("规则代码 {given} 重复。", "The code {given} is given twice."),
        "word-too-short": (
            "词语 {given} 中的文字或数字不足 {least} 个。",
            "The word {given} has fewer than {least} letters or digits.",
        ),
        "zone-not-closed": ("环的终点应与起点相同。", "A ring has to end where it begins."),
        "zone-invalid": ("多边形无效：{why}。", "This is no polygon: {why}."),
        "zone-hours-empty": ("ends 不应等于 begins。", "They end when they begin."),
        "too-many-words": ("各规则的词语合计不得超过 {most} 个。", "All rules together may have {most} words."),
        "category-unchanged": ("诉求已属类别 {given}。", "The complaint is in the category {given} already."),
        "category-out-of-scope": (
            "类别 {given} 不予受理，请用 rejection。",
            "The category {given} is none for the county's units: reject the complaint.",
        ),
        "template-or-advice": (
            "template 与 advice 须且只能给出一个。",
            "Give a template or an advice, one of the two.",
        ),
        "template-unknown": (
            "没有模板 {given}，见 /intake/v1/rejection-templates。",
            "There is no template {given}; see /intake/v1/rejection-templates.",
        ),
        "template-twice": ("模板代码重复。", "The code of a template is given twice."),
        "department-missing": (
            "该模板须填写负责部门 department。",
            "The template names a department, which has to be given.",
        ),
        "placeholder-unknown": (
            "没有占位符 {given}，可用 number、department。",
            "There is no placeholder {given}; there are number and department.",
        ),
        "placeholder-unclosed": ("花括号 {given} 不成对。", "The brace {given} has no partner."),
    }
)
