"""What a unit may ask for, when, and how often: extension 延时, suspension 挂账, resumption 恢复, return 退单."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.lifecycle import EventType
from dispatch_service.domain.errors import DeadlinePassed, EndOutOfRange, TooManyRequests
from dispatch_service.domain.life_errors import (
    DecidedInConference,
    ReturnedTooOften,
    ReturnLimitPassed,
    SupervisorDecides,
    UnitHasReturned,
)

MOST_EXTENSIONS = 2
MOST_SUSPENSIONS = 2
MOST_RETURNS = 3
"""In one round of a case."""
LONGEST_EXTENSION = timedelta(days=366)


class RequestKind(StrEnum):
    """What is asked for."""

    EXTENSION = "extension"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    RETURN = "return"


EVENT_OF: Mapping[RequestKind, EventType] = {
    RequestKind.EXTENSION: EventType.EXTENDED,
    RequestKind.SUSPENSION: EventType.SUSPENDED,
    RequestKind.RESUMPTION: EventType.RESUMED,
    RequestKind.RETURN: EventType.RETURNED,
}
"""What follows when it is approved."""


def check_extension(promised_at: datetime, extensions: int, until: datetime, at: datetime) -> None:
    """Raise unless more time may still be asked for `at` a moment: DeadlinePassed, TooManyRequests, EndOutOfRange."""
    if at >= promised_at:
        raise DeadlinePassed(promised_at)
    if extensions >= MOST_EXTENSIONS:
        raise TooManyRequests(MOST_EXTENSIONS)
    check_end("until", promised_at, until)


def check_end(field: str, earliest: datetime, end: datetime) -> None:
    """Raise EndOutOfRange unless `end`, which was given as `field`, lies after `earliest`, by a year at most."""
    if not earliest < end <= earliest + LONGEST_EXTENSION:
        raise EndOutOfRange(field, earliest, earliest + LONGEST_EXTENSION)


def check_suspension(suspensions: int) -> None:
    """Raise TooManyRequests where the case has been suspended often enough."""
    if suspensions >= MOST_SUSPENSIONS:
        raise TooManyRequests(MOST_SUSPENSIONS)


def check_return(
    returned_by: Collection[str], *, in_conference: bool, return_by: datetime | None, at: datetime
) -> None:
    """Raise unless the unit may ask `at` a moment to give the case back, as the teams `returned_by` did in this round.

    ReturnedTooOften, DecidedInConference, ReturnLimitPassed.
    """
    if len(returned_by) >= MOST_RETURNS:
        raise ReturnedTooOften(MOST_RETURNS)
    if in_conference:
        raise DecidedInConference
    if return_by is not None and at > return_by:
        raise ReturnLimitPassed(return_by)


def check_next_unit(team: str, returned_by: Collection[str], *, is_supervisor: bool) -> None:
    """Raise unless `team` may get a case that the teams `returned_by` have given back in this round.

    After three returns a supervisor decides, for whichever team, and that stands. SupervisorDecides, UnitHasReturned.
    """
    check_decider(returned_by, is_supervisor=is_supervisor)
    if team in returned_by and len(returned_by) < MOST_RETURNS:
        raise UnitHasReturned(team)


def check_decider(returned_by: Collection[str], *, is_supervisor: bool) -> None:
    """Raise SupervisorDecides where a case was returned too often for anybody else to say who does it."""
    if len(returned_by) >= MOST_RETURNS and not is_supervisor:
        raise SupervisorDecides(MOST_RETURNS)
