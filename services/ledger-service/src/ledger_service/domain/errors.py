"""Why an event cannot be entered, and why an action is refused."""

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
