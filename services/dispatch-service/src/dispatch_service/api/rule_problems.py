"""What is wrong with rules, as problems."""

from collections.abc import Sequence

from dispatch_service.domain.rule_checks import RuleFault
from operations.problems import all_invalid
from runtime.problems import FieldError, Problem, register_texts

_SHOWN = 50

register_texts(
    {
        "rule-shadowed": (
            "永远轮不到：此前的规则 {by} 已涵盖其全部条件并停止匹配。",
            "Its turn never comes: the rule {by} before it fits whenever this one does, and ends the search.",
        ),
        "rule-without-effect": ("该规则没有任何作用。", "The rule does nothing."),
        "supports-itself": ("主办队伍不能同时协办。", "The team that leads cannot support itself."),
        "range-empty": ("下限大于上限，永远不能满足。", "No number fits: the lower bound is above the upper one."),
        "attributes-contradict": (
            "对属性 {name} 的条件相互矛盾，永远不能同时满足。",
            "The tests of the attribute {name} contradict one another: no value passes all.",
        ),
        "window-empty": ("开始与结束相同，时段为空。", "The window is empty: it ends when it begins."),
        "half-a-window": ("开始与结束须同时提供。", "begins and ends go together."),
        "window-says-nothing": ("时段没有任何条件。", "The window asks for nothing."),
        "test-asks-nothing": ("没有任何条件。", "The test asks for nothing."),
        "word-blank": ("关键词不能为空白。", "The word is blank."),
        "category-form-invalid": (
            "类别应为以点分隔的编码，如 safety.strung_wires。",
            "A category is a code with levels parted by dots, such as safety.strung_wires.",
        ),
        "communities-without-grids": (
            "所列社区内没有网格，规则永远不会命中。",
            "None of the communities has a grid, so the rule can never fit.",
        ),
        "places-apart": ("这些网格都不在所列社区内。", "None of the grids lies in one of the communities."),
        "sources-contradict": (
            "所列来源都与 proactive（未诉先办）的要求相反，永远不能同时满足。",
            "What is asked of `proactive` is otherwise for each of the sources: no complaint passes both.",
        ),
        "unknown-category": ("未知的类别：{given}。", "There is no category {given}; see /intake/v1/categories."),
        "unknown-source": ("未知的事件来源：{given}。", "There is no source {given}; see /intake/v1/sources."),
        "unknown-skill": ("没有队员具备该技能。", "No officer has this skill."),
        "no-draft": (
            "没有草稿",
            "No draft",
            "还没有规则草稿，请先用 PUT 保存规则。",
            "There are no rules to publish or try yet: put some first.",
        ),
        "rule-set-not-found": (
            "未找到规则版本",
            "Version not found",
            "没有该版本的规则。",
            "There is no such version of the rules.",
        ),
        "dry-run-busy": (
            "试运行繁忙",
            "Dry run busy",
            "另一次试运行尚未结束，请稍后再试。",
            "Another dry run has not ended yet; try again in a moment.",
        ),
    }
)


def refusal_of(faults: Sequence[RuleFault]) -> Problem:
    """Return the 422 that names the first fifty faults, in the order of the rules."""
    ordered = sorted(faults, key=lambda fault: fault.place)
    errors = [FieldError(f"/rules/{fault.place}{fault.pointer}", fault.code, fault.params) for fault in ordered]
    return all_invalid(errors, _SHOWN)
