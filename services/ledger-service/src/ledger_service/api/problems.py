"""The ledger's refusals as problems."""

from contracts.lifecycle import IllegalTransition
from ledger_service.api.closing_problems import CLOSING_REFUSALS, ClosingRefusal, closing_problem_of
from ledger_service.api.ruling_problems import ruling_problem
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import FeedbackExists, ReopeningTooLate, RulingRefused, VerifierIsWorker
from operations.problems import illegal_transition, over_at
from runtime.problems import Problem, register_texts

register_texts(
    {
        "verifier-is-worker": (
            "核查人不能是处置人",
            "Verifier is the worker",
            "该诉求由您本人处置，须由他人核查。",
            "You resolved this complaint yourself: somebody else has to verify it.",
        ),
        "feedback-exists": (
            "已有评价",
            "Feedback exists",
            "该诉求已评价过，评价只能提交一次。",
            "The feedback on this complaint was given before; it is given once.",
        ),
        "reopening-too-late": (
            "已过重办期限",
            "Too late to reopen",
            "该诉求可在 {until} 之前申请重办，如问题依旧，请重新反映。",
            "The complaint could be reopened until {until}; if the problem is still there, please report it again.",
        ),
        "reason-missing": ("核查不通过时须说明原因。", "Say what is not good where it has not passed."),
        "stream-position-too-old": (
            "断开时间过长",
            "Away for too long",
            "自该 id 以来的条目过多，不再补发：请从列表读取，并重新开始监听。",
            "Too much has come since that id to be sent again: read the lists, and listen anew.",
        ),
        "stream-full": (
            "实时连接已满",
            "Too many listeners",
            "本节点的实时连接数已达上限，请稍后重试。",
            "This node has as many listeners as it takes: try again in a moment.",
        ),
        "no-such-tree": (
            "没有这样的树",
            "No such tree",
            "两个条目数应从小到大，且不超过已封存的 {sealed} 条（给出的是 {first} 和 {second}）。",
            "The numbers of entries must not fall, and {sealed} are sealed: {first} and {second} were given.",
        ),
        "checkpoint-unreadable": (
            "不是本台账的检查点",
            "Not a checkpoint of this ledger",
            "给出的内容不是本台账的检查点：{reason}。",
            "What was given is no checkpoint of this ledger: {reason}.",
        ),
        "checkpoint-tampered": (
            "检查点被篡改",
            "Checkpoint tampered with",
            "该检查点的内容与签名不符：{reason}。",
            "The ledger's key did not sign what this checkpoint says: {reason}.",
        ),
        "checkpoint-key-unknown": (
            "检查点由另一把密钥签名",
            "Signed with another key",
            "本台账不认识签署该检查点的密钥：{reason}。如曾更换签名密钥，请以 JIEBAN_LEDGER_EARLIER_KEYS 列出原公钥。",
            "This ledger does not know the key that the checkpoint says it was signed with: {reason}. Where it had "
            "another signing secret then, JIEBAN_LEDGER_EARLIER_KEYS has to name the public key of it.",
        ),
        "checkpoint-contradicted": (
            "台账与检查点不符",
            "The ledger contradicts the checkpoint",
            "该检查点真实有效，但台账的前 {size} 条（现封存 {sealed} 条）已不是当时的内容。",
            "The checkpoint is genuine, and the first {size} entries (of {sealed} sealed now) are not those of then.",
        ),
        "seals-missing": (
            "封存记录缺失",
            "Seals are missing",
            "部分封存记录已被人为删除，无法给出证明。",
            "Some seals were removed by hand: there is no proof without them.",
        ),
        "checkpoints-unsigned": (
            "检查点未签名",
            "Checkpoints are not signed",
            "本系统没有设置签名密钥，条目已封存但不签发检查点。",
            "No signing secret is set here: entries are sealed, but no checkpoints are issued.",
        ),
    }
)

Refusal = IllegalTransition | VerifierIsWorker | FeedbackExists | ReopeningTooLate | ClosingRefusal | RulingRefused
REFUSALS = (IllegalTransition, VerifierIsWorker, FeedbackExists, ReopeningTooLate, *CLOSING_REFUSALS, RulingRefused)


def problem_of(error: Refusal, complaint: Complaint) -> Problem:
    """Return the answer to a refused action; whoever lost a race is told the present state."""
    if isinstance(error, CLOSING_REFUSALS):
        return closing_problem_of(error, complaint)
    if isinstance(error, RulingRefused):
        return ruling_problem(error, complaint)
    if isinstance(error, VerifierIsWorker):
        return Problem(403, "verifier-is-worker")
    if isinstance(error, ReopeningTooLate):
        return over_at("reopening-too-late", error.until)
    code = "feedback-exists" if isinstance(error, FeedbackExists) else "illegal-transition"
    return illegal_transition(str(complaint.status), complaint.version, code)
