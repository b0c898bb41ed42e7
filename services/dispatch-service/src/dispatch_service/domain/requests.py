"""What a unit may ask for, when, and how often: extension 延时, suspension 挂账, resumption 恢复, return 退单."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.lifecycle import EventType
from dispatch_service.domain.clocks import Clockwork
from dispatch_service.domain.errors import (
    DeadlinePassed,
    EndOutOfRange,
    ExtensionTooLong,
    SuspensionTooLong,
    TooManyRequests,
)
from dispatch_service.domain.life_errors import (
    DecidedInConference,
    ReturnedTooOften,
    ReturnLimitPassed,
    SupervisorDecides,
    UnitHasReturned,
)
from dispatch_service.domain.limits import Allowance, Unit

MOST_SUSPENSIONS = 2
MOST_RETURNS = 3
"""In one round of a case."""
LONGEST_TERM = timedelta(days=366)
"""Nobody gives more time at once than that, whatever the rule."""


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


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How long an extension may be, counted from the promised time, and how many a round may have."""

    longest: Allowance
    most: int


EXTENSIONS = ExtensionRule(Allowance(30, Unit.WORKING_DAYS), most=2)
"""Of a tenant that has not set its own."""


LONGEST_SUSPENSION = Allowance(90, Unit.DAYS)
"""For which a case may be laid aside, of a tenant that has not set its own."""


def check_extension(
    work: Clockwork, rule: ExtensionRule, promised_at: datetime, granted: int, *, until: datetime, at: datetime
) -> None:
    """Raise unless more time may still be asked for `at` a moment.

    DeadlinePassed, TooManyRequests, ExtensionTooLong, EndOutOfRange.
    """
    if at >= promised_at:
        raise DeadlinePassed(promised_at)
    if granted >= rule.most:
        raise TooManyRequests(rule.most)
    latest = min(work.end_of(rule.longest, promised_at), promised_at + LONGEST_TERM)
    if until > latest:
        raise ExtensionTooLong(latest)
    if until <= promised_at:
        raise EndOutOfRange("until", promised_at, latest)


def check_end(field: str, earliest: datetime, end: datetime) -> None:
    """Raise EndOutOfRange unless `end`, which was given as `field`, lies after `earliest`, by a year at most."""
    if not earliest < end <= earliest + LONGEST_TERM:
        raise EndOutOfRange(field, earliest, earliest + LONGEST_TERM)


def check_suspension(suspensions: int) -> None:
    """Raise TooManyRequests where the case has been suspended often enough."""
    if suspensions >= MOST_SUSPENSIONS:
        raise TooManyRequests(MOST_SUSPENSIONS)


def end_of_suspension(work: Clockwork, longest: Allowance, at: datetime, until: datetime | None) -> datetime:
    """Return when a case that is laid aside `at` a moment comes back by itself: `until` a moment, or as late as may be.

    SuspensionTooLong, EndOutOfRange.
    """
    latest = min(work.end_of(longest, at), at + LONGEST_TERM)
    if until is None:
        return latest
    if until > latest:
        raise SuspensionTooLong(latest)
    if until <= at:
        raise EndOutOfRange("until", at, latest)
    return until


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
