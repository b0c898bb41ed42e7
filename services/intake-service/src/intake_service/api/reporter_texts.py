"""The words of the reporter's view and of its refusals, in Chinese and English."""

from collections.abc import Mapping

from contracts.events import HandlingMode
from intake_service.domain.standing import Doing, Light
from runtime.problems import register_texts

LIGHTS: Mapping[Light, tuple[str, str]] = {
    "green": ("在承诺时限内", "In time"),
    "yellow": ("即将到承诺时限", "The promised time is near"),
    "red": ("已超过承诺时限", "Later than promised"),
}
STANDS = ("，时限暂停计算", "; the clock stands")
DOINGS: Mapping[Doing, tuple[str, str]] = {
    "supplement": ("补充材料", "Add something"),
    "withdraw": ("撤回诉求", "Take the complaint back"),
    "answer": ("答复问题", "Answer the question"),
    "give_feedback": ("评价处置结果", "Say whether you are satisfied"),
}
HANDLED_TOGETHER = (
    "本件与反映同一事项的另一件诉求合并办理，以下是合并后的办理进展。",
    "It is handled together with another report of the same; this is how that goes on.",
)
HANDLING_MODES: Mapping[HandlingMode, tuple[str, str]] = {
    "guidance": ("宣传引导", "Guidance"),
    "on_site_rectification": ("现场整改", "Set right on the spot"),
    "rectification_within_limit": ("限期整改", "Set right within a time limit"),
    "verbal_education": ("口头教育", "Verbal education"),
    "case_filed": ("立案查处", "A case was filed"),
}

register_texts(
    {
        "complaint-closed": (
            "诉求已结案",
            "The complaint is closed",
            "诉求已结案，不能再补充；如对结果不满意，请评价。",
            "The complaint is closed, so nothing can be added; if you are not satisfied, say so in your feedback.",
        ),
        "complaint-withdrawn": (
            "诉求已撤回",
            "The complaint was withdrawn",
            "诉求已撤回，不能再补充；请另行提交。",
            "The complaint was withdrawn, so nothing can be added; please report anew.",
        ),
        "complaint-voided": (
            "诉求已作废",
            "The complaint was voided",
            "诉求已作废，不能再补充。",
            "The complaint was voided, so nothing can be added.",
        ),
        "complaint-rejected": (
            "诉求不予受理",
            "The complaint is not dealt with here",
            "诉求不予受理，不能再补充；请按告知的途径办理。",
            "The complaint is not dealt with here, so nothing can be added; please follow the advice.",
        ),
        "complaint-merged": (
            "诉求已并案",
            "The complaint was merged",
            "诉求已与另一件并案办理，请补充到该件。",
            "The complaint is dealt with together with another one; please add to that.",
        ),
        "withdrawn-already": (
            "诉求已撤回",
            "Withdrawn already",
            "诉求此前已撤回，无需再次撤回。",
            "The complaint was withdrawn before; there is nothing left to do.",
        ),
        "withdrawal-of-ended": (
            "诉求已结束，不能撤回",
            "It has ended already",
            "诉求当前状态为“{present_zh}”，已不再办理，无需撤回。",
            "The complaint is {present}: nobody works on it any more, so there is nothing to take back.",
        ),
        "withdrawal-elsewhere": (
            "诉求已转办，不能撤回",
            "It is with another department",
            "诉求已转由其他部门办理（{present_zh}），请直接告知该部门，或联系受理员。",
            "Another department has taken it on ({present}): tell that department, or ask an operator.",
        ),
        "withdrawal-too-late": (
            "处置在先，不能撤回",
            "Too late to withdraw",
            "诉求已有处置结果（当前状态：{present_zh}），不能撤回；请等待结案后评价。",
            "The work was quicker (the complaint is {present}): wait until it is closed, then give your feedback.",
        ),
        "too-many-supplements": (
            "补充次数过多",
            "Too much was added",
            "一件诉求最多补充 {limit} 次。",
            "A complaint can be added to {limit} times at most.",
        ),
        "not-in-charge": (
            "不是您承办的诉求",
            "Not yours to ask about",
            "网格队员只能就本人承办的诉求提问。",
            "Officers ask about the complaints that they work on.",
        ),
        "question-not-now": (
            "当前状态不能提问",
            "Nobody works on it now",
            "诉求当前状态为“{present_zh}”，办理过程中才能提问。",
            "The complaint is {present}; questions are asked while somebody works on it.",
        ),
        "question-open": (
            "已有待答复的问题",
            "Another question waits",
            "已有一个问题等待答复，请待其结束后再提问。",
            "Another question waits for its answer; ask when that is over.",
        ),
        "no-reporter": (
            "无法联系上报人",
            "Nobody can answer",
            "上报人信息已删除，无人可以答复。",
            "What says who reported it was erased, so nobody could answer.",
        ),
        "too-many-questions": (
            "提问次数过多",
            "Too many questions",
            "一件诉求最多提问 {limit} 次。",
            "About a complaint {limit} questions can be asked at most.",
        ),
        "question-not-found": (
            "未找到问题",
            "Question not found",
            "这件诉求没有这个问题。",
            "There is no such question about this complaint.",
        ),
        "question-over": (
            "问题已结束",
            "The question is over",
            "该问题已答复、已过期，或不再需要答复（诉求当前状态为“{present_zh}”）。",
            "It was answered, its time is over, or nobody needs the answer any more (the complaint is {present}).",
        ),
        "photo-not-found": (
            "未找到照片",
            "Photo not found",
            "没有这张照片，或照片未关联诉求。",
            "There is no such photo of a complaint.",
        ),
    }
)
