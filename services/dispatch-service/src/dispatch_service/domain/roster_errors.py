"""Why a plan of duties, or something about a duty, is refused."""

from datetime import datetime


class RosterError(Exception):
    """A plan, or a change of one, that cannot be."""


class UnknownShift(RosterError):
    """There is no such shift."""


class UnknownTeam(RosterError):
    """There is no such team."""


class NotAMember(RosterError):
    """The officer is no member of the team."""


class UnknownPost(RosterError):
    """There is no such post."""


class InTwoPlaces(RosterError):
    """An officer would be on duty twice at the same time."""

    def __init__(self, subject: str, begins: datetime, ends: datetime) -> None:
        super().__init__(f"on duty from {begins.isoformat()} to {ends.isoformat()} already")
        self.subject = subject
        self.begins = begins
        self.ends = ends


class OnLeave(RosterError):
    """The officer has leave at that time."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} is on leave")
        self.subject = subject


class TemplateNotFound(RosterError):
    """No template with this id in the caller's tenant."""


class TemplateNameTaken(RosterError):
    """The team has another template with this name."""


class TooManyDuties(RosterError):
    """More duties than are planned at once."""

    def __init__(self, most: int, count: int) -> None:
        super().__init__(f"at most {most}, not {count}")
        self.most = most
        self.count = count


class DutyBegun(RosterError):
    """Somebody has clocked in, or the duty has begun: it stays as it was."""


class DutyOver(RosterError):
    """A duty would be planned for a time that is over."""


class DutyNotFound(RosterError):
    """No duty, or no request about one, with this id in the caller's tenant, or it is not the caller's."""


class RequestPending(RosterError):
    """Something is asked about this duty already."""


class RequestDecided(RosterError):
    """The request was decided before."""


class OwnRequest(RosterError):
    """Whoever asked may not decide."""


class NoDutyNow(RosterError):
    """The roster has no duty for this officer at this time."""


class AlreadyClocked(RosterError):
    """The officer has clocked in, or out, before."""


class MomentInTheFuture(RosterError):
    """Somebody says that they will clock in or out later."""


class MomentTooOld(RosterError):
    """A clocking that is sent so late is not believed any more."""


class FarAway(RosterError):
    """A position that is far from every grid of the county; `place` is its number among those given, from 0."""

    def __init__(self, place: int) -> None:
        super().__init__(f"position {place} is far away")
        self.place = place
