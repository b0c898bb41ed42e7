"""The reporter's word on a result, and what follows where it is a bad one: nothing, a review, or another round."""

from datetime import timedelta

from contracts.envelope import Event
from contracts.events import ComplaintReopened, FeedbackReceived, Satisfaction
from contracts.lifecycle import EventType
from ledger_service.domain.closing import RULE_ACTOR, Occasion, give_feedback, then
from ledger_service.domain.closing_rules import Rule
from ledger_service.domain.complaint import Complaint

REPORTER_ACTOR = "reporter"
"""Who speaks with a query code or by a link: whoever has it."""
_UNHAPPY = "不满意或未解决"
"""The reason of a reopening by rule where the reporter gave none."""


def is_bad(satisfaction: Satisfaction | None, solved: bool | None) -> bool:
    """Say whether the reporter is dissatisfied, or says that the matter is not solved."""
    return satisfaction is not None and (satisfaction == "dissatisfied" or solved is False)


def speak(
    complaint: Complaint, data: FeedbackReceived, occasion: Occasion, *, rule: Rule, window: timedelta
) -> list[Event]:
    """Return the events of the reporter's word: feedback and, where the rule wants it so, a reopening.

    Raises IllegalTransition unless the complaint is closed, FeedbackExists where the word of this round was given.
    """
    feedback = give_feedback(complaint, data, occasion)
    is_unhappy = is_bad(data.satisfaction, data.solved)
    return [feedback, *(reopened(complaint, feedback, data.comment, rule, window) if is_unhappy else ())]


def reopened(complaint: Complaint, word: Event, reason: str | None, rule: Rule, window: timedelta) -> tuple[Event, ...]:
    """Return the reopening that follows from a bad word by itself; none where the rule or the window has it not so."""
    if rule.after_bad_word != "reopen":
        return ()
    if complaint.closed_at is not None and word.time > complaint.closed_at + window:
        return ()
    data = ComplaintReopened(actor=RULE_ACTOR, reason=reason or _UNHAPPY, round=complaint.round + 1)
    return (then(word, EventType.REOPENED, data),)
