"""What is wrong with a configuration, in words."""

from collections.abc import Sequence

from intake_service.domain.flaws import Flaw
from operations.problems import all_invalid
from runtime.problems import FieldError, Problem, register_texts

_SHOWN = 50

register_texts(
    {
        "code-twice": ("编码 {given} 重复。", "The code {given} is there already."),
        "parent-missing": ("没有上级类别 {given}。", "There is no category {given} above it."),
        "active-reversed": ("停用时间须晚于启用时间。", "It ends before it begins."),
        "duty-limit-differs": (
            "该事项所属类别的处置时限为 {given}：请改类别的时限，或使两者一致。",
            "Its category has {given} to resolve, which counts: change it there, or say the same.",
        ),
        "duty-limit-of-nothing": (
            "事项 {given} 没有类别，时限无从生效。",
            "The item {given} has no category, so nothing could go by its limit.",
        ),
        "category-gate-twice": ("同一关口重复。", "A gate is given twice."),
        "question-asked-above": (
            "上级类别已有问题 {given}。",
            "A category above asks {given} already.",
        ),
        "choices-missing": ("选择题 {given} 没有选项。", "The question {given} has no choices."),
        "choices-of-no-choice": (
            "{given} 类型的问题不能有选项。",
            "A question of the type {given} has no choices.",
        ),
        "bound-of-wrong-type": (
            "上下限不适用于 {given} 类型的问题。",
            "A question of the type {given} cannot be bounded so.",
        ),
        "stop-not-an-answer": (
            "劝导所依据的回答 {given} 不可能出现。",
            "Nobody can answer {given}, so nothing can stop there.",
        ),
        "demands-what-it-does-not-take": (
            "必填项 {given} 不在可填项 takes 中。",
            "It demands {given}, which is not in `takes`.",
        ),
        "role-not-of-source": (
            "角色 {given} 不能使用该来源。",
            "The role {given} may not name the source.",
        ),
        "yaml-too-large": (
            "YAML 文件过大",
            "YAML too large",
            "YAML 文件不得超过 {most} 字节。",
            "A YAML file may have at most {most} bytes.",
        ),
        "yaml-invalid": (
            "YAML 格式有误",
            "Invalid YAML",
            "第 {line} 行第 {column} 列附近格式有误、键重复、数字过长、含有不可存储的字符，或使用了别名、标签。",
            "Near line {line}, column {column}: not YAML, a key that comes twice, an alias, a tag, a number that is "
            "too long, or a character that no text has.",
        ),
        "yaml-unreadable": (
            "YAML 无法读取",
            "Unreadable YAML",
            "文件不是 UTF-8 编码的 YAML，或嵌套过深，或含有无效日期。",
            "The file is no YAML in UTF-8, is nested too deeply, or holds a date that there is not.",
        ),
        "no-configuration-draft": (
            "没有草稿",
            "No draft",
            "还没有配置草稿，请先用 PUT 保存。",
            "There is no draft of the configuration yet: put one first.",
        ),
        "nothing-to-publish": (
            "没有变化",
            "Nothing to publish",
            "草稿与现行配置相同。",
            "The draft is what is in force already.",
        ),
    }
)


def refusal_of(flaws: Sequence[Flaw]) -> Problem:
    """Return the 422 that names the first fifty flaws, in the order of the items."""
    return all_invalid([FieldError(flaw.pointer, flaw.code, {"given": flaw.given}) for flaw in flaws], _SHOWN)
