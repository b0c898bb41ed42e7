"""What is refused of notes, of actions that were done offline, and of actions on many cases."""

from datetime import datetime

from dispatch_service.domain.errors import DispatchError


class TooManyNotes(DispatchError):
    """There are as many notes about the case as there may be."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} notes")
        self.most = most


class ChangedMeanwhile(DispatchError):
    """Others have changed the case since the version that the officer saw."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the present version is {version}")
        self.version = version


class MomentOutOfRange(DispatchError):
    """The moment of an action lies in the future or before the complaint was received."""

    def __init__(self, earliest: datetime, latest: datetime) -> None:
        super().__init__(f"must lie between {earliest.isoformat()} and {latest.isoformat()}")
        self.earliest = earliest
        self.latest = latest


class ActionIdReused(DispatchError):
    """The device has used the id for another action."""
