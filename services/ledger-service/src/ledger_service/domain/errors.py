"""Why an event cannot be entered, and why an action is refused."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID


class Unenterable(ValueError):
    """This event can never become part of the complaint's history as things stand."""


class Gap(Unenterable):
    """An event before this one is missing."""


class VerifierIsWorker(Exception):
    """Whoever resolved a complaint may not verify it."""


class ReopeningTooLate(Exception):
    """The window in which a closed complaint may be reopened is over since `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the complaint could be reopened until {until.isoformat()}")
        self.until = until


class FeedbackExists(Exception):
    """The reporter's word is already in; it is given once."""


class RulingRefused(Exception):
    """An ending, an appeal or an exclusion cannot be as it was asked for."""


class EndingPending(RulingRefused):
    """A request for an ending waits for its decision, or for dispatch, already."""

    def __init__(self, request: UUID) -> None:
        super().__init__(f"request {request} is not settled")
        self.request = request


class EndingNotPending(RulingRefused):
    """The request for an ending does not wait for a decision: it was decided, or there is none."""


class EndingUnderway(RulingRefused):
    """An ending is approved, and dispatch has not let go of the work yet: nothing else moves the complaint."""


class DeciderAsked(RulingRefused):
    """Whoever asked for an ending, or appealed against a rating, may not decide on it."""


class RatingMissing(RulingRefused):
    """There is no rating that one could appeal against."""


class AppealExists(RulingRefused):
    """The rating was appealed against before; it is done once."""


class AppealTooLate(RulingRefused):
    """The window in which a rating may be appealed against is over since `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the rating could be appealed against until {until.isoformat()}")
        self.until = until


class AppealNotYours(RulingRefused):
    """Of the officers, whoever resolved the complaint appeals against its rating."""


class AppealNotPending(RulingRefused):
    """The appeal does not wait for a decision: it was decided, or there is none."""


class ExclusionStands(RulingRefused):
    """The figures have it so already."""


class GatesMissing(Exception):
    """A complaint cannot be closed before every gate is passed; `gates` are those that are not."""

    def __init__(self, gates: Sequence[str]) -> None:
        super().__init__(f"not passed: {', '.join(gates)}")
        self.gates = gates


class FollowUpOver(Exception):
    """The task is done, or the round that it was about is over."""


class FollowUpExists(Exception):
    """The reporter is to be called about this round already."""


class FollowUpClaimed(Exception):
    """A colleague is at the task until `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"a colleague has the task until {until.isoformat()}")
        self.until = until


class DecisionUnfitting(Exception):
    """A task is decided in one of the `possible` ways; one that only takes calls, in none."""

    def __init__(self, possible: Sequence[str]) -> None:
        super().__init__(f"possible decisions: {', '.join(possible) or 'none'}")
        self.possible = possible
