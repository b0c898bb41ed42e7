"""The ledger's refusals as problems."""

from contracts.lifecycle import IllegalTransition
from ledger_service.domain.complaint import Complaint
from ledger_service.domain.errors import FeedbackExists, VerifierIsWorker
from operations.problems import illegal_transition
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
    }
)

Refusal = IllegalTransition | VerifierIsWorker | FeedbackExists
REFUSALS = (IllegalTransition, VerifierIsWorker, FeedbackExists)


def problem_of(error: Refusal, complaint: Complaint) -> Problem:
    """Return the answer to a refused action; whoever lost a race is told the present state."""
    if isinstance(error, VerifierIsWorker):
        return Problem(403, "verifier-is-worker")
    code = "feedback-exists" if isinstance(error, FeedbackExists) else "illegal-transition"
    return illegal_transition(str(complaint.status), complaint.version, code)
