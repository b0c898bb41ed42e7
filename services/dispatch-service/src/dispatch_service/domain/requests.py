"""What a unit may ask for, when, and how often: extension 延时, suspension 挂账, resumption 恢复."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.lifecycle import EventType
from dispatch_service.domain.errors import DeadlinePassed, EndOutOfRange, TooManyRequests

MOST_EXTENSIONS = 2
MOST_SUSPENSIONS = 2
"""In one round of a case."""
LONGEST_EXTENSION = timedelta(days=366)


class RequestKind(StrEnum):
    """What is asked for."""

    EXTENSION = "extension"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"


EVENT_OF: Mapping[RequestKind, EventType] = {
    RequestKind.EXTENSION: EventType.EXTENDED,
    RequestKind.SUSPENSION: EventType.SUSPENDED,
    RequestKind.RESUMPTION: EventType.RESUMED,
}
"""What follows when it is approved."""


def check_extension(promised_at: datetime, extensions: int, until: datetime, now: datetime) -> None:
    """Raise unless more time may still be asked for: DeadlinePassed, TooManyRequests, EndOutOfRange."""
    if now >= promised_at:
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
