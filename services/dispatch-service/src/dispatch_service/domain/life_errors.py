"""What dispatch refuses in the life of a case: returns, decisions on units, rectification, photos, transfers."""

from collections.abc import Collection
from datetime import datetime

from dispatch_service.domain.errors import DispatchError


class CaseErased(DispatchError):
    """What was written about the case was erased, and where it was: nothing of that kind is taken any more."""


class ReturnLimitPassed(DispatchError):
    """The unit has had the case for longer than it may think about giving it back."""

    def __init__(self, return_by: datetime) -> None:
        super().__init__(f"returns were possible until {return_by.isoformat()}")
        self.return_by = return_by


class ReturnedTooOften(DispatchError):
    """The case has been returned `most` times in this round: whoever has it now keeps it."""

    def __init__(self, most: int) -> None:
        super().__init__(f"returned {most} times")
        self.most = most


class DecidedInConference(DispatchError):
    """A conference has decided who does it, so it cannot be returned."""


class SupervisorDecides(DispatchError):
    """The case has been returned so often that only a supervisor may say who does it."""

    def __init__(self, most: int) -> None:
        super().__init__(f"returned {most} times")
        self.most = most


class UnitHasReturned(DispatchError):
    """The unit to assign to has returned the case in this round."""

    def __init__(self, team: str) -> None:
        super().__init__(f"{team} has returned the case")
        self.team = team


class NotInvolved(DispatchError):
    """The case belongs to another team than the caller's, which does not support it either."""

    def __init__(self, team: str) -> None:
        super().__init__(f"the case belongs to team {team}, and the caller's team does not support it")
        self.team = team


class LeadResolves(DispatchError):
    """Only supporting units report their part as done; the unit that leads resolves the case."""


class LeadSupports(DispatchError):
    """The unit that leads cannot support itself; `field` says where it is named."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} leads already")
        self.field = field


class UnknownSupport(DispatchError):
    """The team does not support the case."""


class MomentOutOfRange(DispatchError):
    """The moment given as `field` lies before `earliest` or after `latest`."""

    def __init__(self, field: str, earliest: datetime, latest: datetime) -> None:
        super().__init__(f"{field} must lie between {earliest.isoformat()} and {latest.isoformat()}")
        self.field = field
        self.earliest = earliest
        self.latest = latest


class UnknownDepartment(DispatchError):
    """The department to transfer to does not exist in the caller's tenant."""


class DepartmentMissing(DispatchError):
    """No department is named to transfer to, and the case is about no component that would name its owner."""


class UnknownComponent(DispatchError):
    """The component that the case is to be about does not exist in the caller's tenant."""


class RectificationOpen(DispatchError):
    """There is an order of rectification whose re-inspection is still to be done."""


class TooManyRectifications(DispatchError):
    """Rectification has been ordered as often as it may be in one round."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} times")
        self.most = most


class NoRectification(DispatchError):
    """There is no order of rectification to inspect, or that the result could rest on."""


class ReinspectionMissing(DispatchError):
    """Rectification was ordered, and nobody has looked yet whether it was done."""


class ReinspectionFailed(DispatchError):
    """It was not rectified: another order, or a case filed for penalty, has to follow."""


class PhotoRequired(DispatchError):
    """The result of such a case needs photos, of which those with the roles `missing` are not there."""

    def __init__(self, missing: Collection[str]) -> None:
        super().__init__(f"photos are missing: {', '.join(missing)}")
        self.missing = tuple(missing)


class PhotoRuleTwice(DispatchError):
    """A rule about photos is there twice: line `place`, counted from 0."""

    def __init__(self, place: int) -> None:
        super().__init__(f"line {place} is there twice")
        self.place = place


class StartFarAway(DispatchError):
    """The position is too far from the county to be believed."""


class PositionRequired(DispatchError):
    """The tenant wants every start with its position, and there is none."""
