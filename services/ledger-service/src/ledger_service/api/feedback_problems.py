"""The refusals of words that come without an account."""

from contracts.lifecycle import UNCOUNTED, Status
from operations.problems import status_zh
from runtime.problems import Problem, register_texts

AT_MASTER = "feedback-at-master"
"""The complaint was merged into another: the word is given there."""

register_texts(
    {
        "query-code-unknown": (
            "编号或查询码有误",
            "No such number and code",
            "编号或查询码有误，请核对回执。",
            "The number or the query code is not right; please compare the receipt.",
        ),
        "feedback-link-unknown": (
            "链接无效",
            "No such link",
            "该评价链接无效，请检查是否完整。",
            "This is no feedback link of ours; please look whether it is whole.",
        ),
        "feedback-link-expired": (
            "链接已失效",
            "The link has expired",
            "该评价链接已过期，或诉求已进入新一轮处置。",
            "The feedback link has expired, or the complaint is worked on again.",
        ),
        "feedback-too-early": (
            "尚未结案",
            "Not closed yet",
            "诉求结案后才能评价，当前状态为“{present_zh}”。",
            "The feedback is given once the complaint is closed; it is {present} now.",
        ),
        "feedback-impossible": (
            "无需评价",
            "No feedback on this complaint",
            "诉求当前状态为“{present_zh}”，不再办理，无需评价。",
            "The complaint is {present}: nobody works on it any more, so there is nothing to give feedback on.",
        ),
        AT_MASTER: (
            "已并案，不单独评价",
            "Feedback is given on the complaint that stands for both",
            "诉求已与另一件并案办理，由该件的诉求人评价。如办结后问题没有解决，请重新反映。",
            "It was merged into another complaint, which stands for both: the reporter of that one gives the feedback. "
            "If the problem is still there once that is closed, please report it anew.",
        ),
        "feedback-links-unsigned": (
            "未启用评价链接",
            "There are no feedback links",
            "本系统没有设置签名密钥，不能生成评价链接。",
            "No signing secret is set here, so no feedback links can be made.",
        ),
    }
)


def code_unknown() -> Problem:
    """Return the one answer for an unknown number and a wrong code."""
    return Problem(404, "query-code-unknown")


def not_closed(status: str) -> Problem:
    """Return the answer to a word on a complaint that is not closed: not yet, never, or with its master only."""
    if status == Status.MERGED:
        code = AT_MASTER
    else:
        code = "feedback-impossible" if status in UNCOUNTED else "feedback-too-early"
    return Problem(409, code, extra={"present": {"status": status}}, present=status, present_zh=status_zh(status))


def no_links() -> Problem:
    """Return the answer where nothing signs links."""
    return Problem(409, "feedback-links-unsigned")


def link_unknown() -> Problem:
    """Return the answer to a text that is no link of ours."""
    return Problem(404, "feedback-link-unknown")


def link_expired() -> Problem:
    """Return the answer to a link that was good once."""
    return Problem(410, "feedback-link-expired")
