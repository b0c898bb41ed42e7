"""What dispatch refuses, and why."""

from datetime import datetime
from uuid import UUID

from contracts.lifecycle import EventType, Status


class DispatchError(Exception):
    """An action that cannot be done as asked."""


class EarlierMissing(DispatchError):
    """An event of intake's came before another of the same complaint, which should have come first."""

    def __init__(self, tenant: str, complaint_id: UUID, number: int, expected: int) -> None:
        super().__init__(f"event {number} of intake came before event {expected}")
        self.case = (tenant, complaint_id)


class CaseNotFound(DispatchError):
    """No case with this id in the caller's tenant."""


class UnknownTeam(DispatchError):
    """The team given as `field` does not exist in the caller's tenant."""

    def __init__(self, code: str, field: str = "team") -> None:
        super().__init__(f"unknown team {code}")
        self.code = code
        self.field = field


class NotYourTeam(DispatchError):
    """The case belongs to another team than the caller's."""

    def __init__(self, team: str) -> None:
        super().__init__(f"the case belongs to team {team}")
        self.team = team


class StartOutOfRange(DispatchError):
    """The start of work lies in the future or before the complaint was received, or its present round began."""

    def __init__(self, earliest: datetime, latest: datetime) -> None:
        super().__init__(f"started_at must lie between {earliest.isoformat()} and {latest.isoformat()}")
        self.earliest = earliest
        self.latest = latest


class ActionConflict(DispatchError):
    """The case has moved on: its present state does not allow the action."""

    def __init__(self, event: EventType, status: Status, version: int) -> None:
        super().__init__(f"{event} may not follow {status}")
        self.event = event
        self.status = status
        self.version = version


class LimitTwice(DispatchError):
    """A table of limits names category, grade and stage of line `place`, counted from 0, a second time."""

    def __init__(self, place: int) -> None:
        super().__init__(f"line {place} is there twice")
        self.place = place


class LimitMissing(DispatchError):
    """A table of limits has none for all categories and grades of a stage."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"no limit for all categories and grades of {stage}")
        self.stage = stage


class DeadlinePassed(DispatchError):
    """More time is asked for after the promised time."""

    def __init__(self, promised_at: datetime) -> None:
        super().__init__(f"the promised time was {promised_at.isoformat()}")
        self.promised_at = promised_at


class TooManyRequests(DispatchError):
    """The case has been given this as often as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} times")
        self.most = most


class TooLong(DispatchError):
    """Something is asked for until after `latest`, longer than the tenant gives it at once."""

    def __init__(self, latest: datetime) -> None:
        super().__init__(f"until must not lie after {latest.isoformat()}")
        self.latest = latest


class ExtensionTooLong(TooLong):
    """More time is asked for than the tenant gives at once."""


class SuspensionTooLong(TooLong):
    """A case would be laid aside for longer than the tenant allows."""


class EndOutOfRange(DispatchError):
    """The moment given as `field` does not lie after `earliest`, or lies after `latest`."""

    def __init__(self, field: str, earliest: datetime, latest: datetime) -> None:
        super().__init__(f"{field} must lie after {earliest.isoformat()}, and not after {latest.isoformat()}")
        self.field = field
        self.earliest = earliest
        self.latest = latest


class RequestOpen(DispatchError):
    """The same was asked for already and is not decided yet."""


class RequestNotFound(DispatchError):
    """No such request, or supervision order, of this case."""


class RequestSettled(DispatchError):
    """The request was decided, or the order answered, before."""


class RequestOutdated(DispatchError):
    """What was asked for lies in the past by now, or brings nothing any more."""


class OwnRequest(DispatchError):
    """Nobody approves what they have asked for themselves."""
