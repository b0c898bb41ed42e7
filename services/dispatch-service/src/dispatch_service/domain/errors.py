"""What dispatch refuses, and why."""

from datetime import datetime

from contracts.lifecycle import EventType, Status


class DispatchError(Exception):
    """An action that cannot be done as asked."""


class CaseNotFound(DispatchError):
    """No case with this id in the caller's tenant."""


class UnknownTeam(DispatchError):
    """The team to assign to does not exist in the caller's tenant."""

    def __init__(self, code: str) -> None:
        super().__init__(f"unknown team {code}")
        self.code = code


class NotYourTeam(DispatchError):
    """The case belongs to another team than the caller's."""

    def __init__(self, team: str) -> None:
        super().__init__(f"the case belongs to team {team}")
        self.team = team


class StartOutOfRange(DispatchError):
    """The start of work lies in the future or before the complaint was received."""

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


class RosterError(Exception):
    """A plan, or a change of one, that cannot be."""


class UnknownShift(RosterError):
    """There is no such shift."""


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


class DutyBegun(RosterError):
    """Somebody has clocked in, or the duty has begun: it stays as it was."""


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


class FarAway(RosterError):
    """A position that is far from every grid of the county."""
