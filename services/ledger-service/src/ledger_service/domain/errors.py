"""Why an event cannot be entered, and why an action is refused."""

from collections.abc import Sequence
from datetime import datetime


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
