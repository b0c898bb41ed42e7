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
