"""Payloads of what the ledger tells of a complaint: how it ends, and what is said of the result; version 1."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from contracts.lifecycle import Status
from contracts.payload import Payload, Place

VerificationMethod = Literal["on_site", "photo", "call", "rule"]
"""How a result was looked at; `rule`: nobody has to, by configuration."""


Satisfaction = Literal["satisfied", "basically_satisfied", "dissatisfied"]


class PhotosAsked(Payload):
    """Nobody is to verify the result if its photos are there: intake answers with `photos_checked`, caused by this."""

    photos: tuple[UUID, ...]
    """Attachments of intake that the result names."""


class ComplaintVerified(Payload):
    """Somebody other than the worker found the result good."""

    actor: str
    method: VerificationMethod
    note: str | None = None
    photos: tuple[UUID, ...] | None = None
    """Attachments of intake, which show the result."""
    position: Place | None = None
    """Where the inspector was."""


class ReworkOrdered(Payload):
    """返工: somebody other than the worker found the result not good; the unit works on it in another round."""

    actor: str
    method: VerificationMethod
    reason: str
    round: int
    """The new one."""
    photos: tuple[UUID, ...] | None = None
    position: Place | None = None


FollowUpOutcome = Literal["reached", "no_answer", "refused", "wrong_number"]


class FollowedUp(Payload):
    """回访: an operator has called the reporter about the result, or tried to."""

    actor: str
    task: UUID
    attempt: int
    """Counts the calls of the task, from 1."""
    outcome: FollowUpOutcome
    satisfaction: Satisfaction | None = None
    solved: bool | None = None
    answers: Mapping[str, str | float | bool] | None = None
    """What was said to the questions of the script, by their codes."""
    note: str | None = None
    done: bool
    """No further call is needed for the task."""


class ComplaintClosed(Payload):
    """Every required gate is passed."""

    gates: tuple[str, ...]
    """Those that were: `verification`, `follow_up`."""


FeedbackChannel = Literal["account", "code", "link", "operator"]
"""Signed in, with the query code, by a link that was sent, or told to an operator."""


class FeedbackReceived(Payload):
    """The reporter's word on a closed complaint."""

    actor: str
    satisfaction: Satisfaction
    solved: bool
    comment: str | None = None
    channel: FeedbackChannel | None = None
    """How it came; None in events of the first version."""


class ComplaintReopened(Payload):
    """重办: the reporter is not satisfied, or a supervisor; the unit works on it in another round."""

    actor: str
    reason: str
    round: int
    """The new one."""


class RatingAppealed(Payload):
    """申诉: the unit finds the reporter's rating unjust."""

    actor: str
    reason: str
    rating: UUID
    """The event of the feedback or of the follow-up call."""


class AppealDecided(Payload):
    """A supervisor has decided on an appeal; an upheld one takes the rating out of the figures."""

    actor: str
    appeal: UUID
    upheld: bool
    reason: str


Ending = Literal["voided", "closed"]
"""作废: filed in error. Or 强制结案: closed although a gate was not passed."""


class EndingRequested(Payload):
    """Somebody asks for an ending out of the ordinary, which needs a supervisor's approval."""

    actor: str
    ending: Ending
    reason: str


class EndingDecided(Payload):
    """A supervisor has decided on such a request. Dispatch answers an approval with `released` or `release_refused`."""

    actor: str
    request: UUID
    ending: Ending
    approved: bool
    reason: str | None = None
    status: Status | None = None
    """Where the ledger has the complaint: it ends what is resolved or verified itself, and dispatch is not asked."""


class ComplaintForceClosed(Payload):
    """强制结案, on a supervisor's decision."""

    actor: str
    decision: UUID
    reason: str
    gates: tuple[str, ...]
    """Those that were passed."""


class ComplaintVoided(Payload):
    """作废, on a supervisor's decision: it was filed in error, and stays in the ledger."""

    actor: str
    decision: UUID
    reason: str


class ComplaintExcluded(Payload):
    """剔除: a supervisor has taken the complaint out of some figures, or back into them."""

    actor: str
    indicators: Literal["timeliness", "satisfaction", "all"]
    excluded: bool
    reason: str
