"""Why an event cannot be entered, and why an action is refused."""


class Unenterable(ValueError):
    """This event can never become part of the complaint's history as things stand."""


class Gap(Unenterable):
    """An event before this one is missing."""


class VerifierIsWorker(Exception):
    """Whoever resolved a complaint may not verify it."""


class FeedbackExists(Exception):
    """The reporter's word is already in; it is given once."""
